package dev.logitcl.docs;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The ONNX models of the page on other libraries: a linear layer, as the bytes of ONNX's protocol
 * buffers. The numbers of fields are those of the standard's {@code onnx.proto}.
 */
final class OnnxModel {
  private static final int FLOAT = 1;
  private static final int FLOAT16 = 10;

  private OnnxModel() {}

  /** Logits in float32: {@code logits = x weights}, of any number of rows. */
  static byte[] linear(float[][] weights) {
    return model(
        weights, FLOAT, field(1, node("MatMul", "x", "logits", field(1, text("weights")))));
  }

  /** The same logits, rounded to float16. */
  static byte[] linearHalf(float[][] weights) {
    byte[] to = message(field(1, text("to")), field(3, FLOAT16), field(20, 2)); // an integer
    return model(
        weights,
        FLOAT16,
        field(1, node("MatMul", "x", "exact", field(1, text("weights")))),
        field(1, node("Cast", "exact", "logits", field(5, to))));
  }

  private static byte[] model(float[][] weights, int logits, byte[]... nodes) {
    int in = weights.length;
    int out = weights[0].length;
    ByteBuffer raw = ByteBuffer.allocate(in * out * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float[] row : weights) {
      for (float weight : row) {
        raw.putFloat(weight);
      }
    }
    byte[] initializer =
        message(
            field(1, in),
            field(1, out),
            field(2, FLOAT),
            field(8, text("weights")),
            field(9, raw.array()));
    byte[] graph =
        message(
            message(nodes),
            field(2, text("linear")),
            field(5, initializer),
            field(11, tensor("x", FLOAT, in)),
            field(12, tensor("logits", logits, out)));
    byte[] operators = field(2, 13); // the version of the standard set
    return message(field(1, 7), field(7, graph), field(8, operators)); // of the format: 7
  }

  private static byte[] node(String operator, String input, String output, byte[] more) {
    return message(field(1, text(input)), more, field(2, text(output)), field(4, text(operator)));
  }

  /** The type of an input or output: rows x columns. */
  private static byte[] tensor(String name, int type, int columns) {
    byte[] shape = message(field(1, field(2, text("rows"))), field(1, field(1, columns)));
    byte[] tensor = message(field(1, type), field(2, shape));
    return message(field(1, text(name)), field(2, field(1, tensor)));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] message(byte[]... fields) {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    for (byte[] field : fields) {
      message.writeBytes(field);
    }
    return message.toByteArray();
  }

  private static byte[] field(int number, long value) {
    return message(varint((long) number << 3), varint(value));
  }

  private static byte[] field(int number, byte[] bytes) {
    return message(varint(((long) number << 3) | 2), varint(bytes.length), bytes);
  }

  private static byte[] varint(long value) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    long rest = value;
    for (; rest >= 0x80; rest >>>= 7) {
      bytes.write((int) ((rest & 0x7f) | 0x80));
    }
    bytes.write((int) rest);
    return bytes.toByteArray();
  }
}
