package dev.logitcl.cl;

import dev.logitcl.backend.DeviceInfo;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/**
 * A file of the {@link BinaryCache}: {@code LogitCL1}, a checksum of all that follows it, the
 * lengths of key and binary, the key, the binary; numbers are big-endian ints. The key is compared
 * whole, so no file is ever taken for another's. A checksum is enough against damage, and nobody
 * else can write here: no digest of {@code java.security}, whose classes take 24 ms to load.
 */
final class BinaryFile {
  /** The end of a file's name. */
  static final String SUFFIX = ".bin";

  /** Begins a file; the digit counts versions of the format. */
  private static final byte[] MAGIC = "LogitCL1".getBytes(StandardCharsets.US_ASCII);

  private static final int SUMMED = MAGIC.length + Integer.BYTES;
  private static final int HEADER = SUMMED + 2 * Integer.BYTES;

  private BinaryFile() {}

  /** All that a binary depends on. */
  static String key(DeviceInfo device, String platform, String options, String source) {
    return String.join(
        "\n",
        device.name(),
        device.vendor(),
        device.driver(),
        device.version(),
        platform,
        options,
        source);
  }

  /** The name for a key: two keys that share one, 64 bits long, only displace each other. */
  static String name(String key) {
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    long a = sum(new CRC32(), bytes, 0);
    long b = sum(new CRC32C(), bytes, 0);
    return String.format(Locale.ROOT, "%08x%08x%s", a, b, SUFFIX);
  }

  /** A file's contents. */
  static byte[] pack(String key, byte[] binary) {
    byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(HEADER + keyBytes.length + binary.length);
    file.put(MAGIC).putInt(0).putInt(keyBytes.length).putInt(binary.length);
    file.put(keyBytes).put(binary);
    file.putInt(MAGIC.length, (int) sum(new CRC32C(), file.array(), SUMMED));
    return file.array();
  }

  /** The binary in a file; null if the file is damaged, or not of this key. */
  static byte @Nullable [] unpack(String key, byte[] contents) {
    byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
    if (contents.length < HEADER || !Arrays.equals(contents, 0, MAGIC.length, MAGIC, 0, 8)) {
      return null;
    }
    ByteBuffer file = ByteBuffer.wrap(contents, MAGIC.length, contents.length - MAGIC.length);
    int sum = file.getInt();
    int keyLength = file.getInt();
    int length = file.getInt();
    if (sum != (int) sum(new CRC32C(), contents, SUMMED)
        || keyLength != keyBytes.length
        || length != file.remaining() - keyLength
        || !Arrays.equals(contents, HEADER, HEADER + keyLength, keyBytes, 0, keyLength)) {
      return null;
    }
    return Arrays.copyOfRange(contents, HEADER + keyLength, contents.length);
  }

  private static long sum(Checksum checksum, byte[] bytes, int from) {
    checksum.update(bytes, from, bytes.length - from);
    return checksum.getValue();
  }
}
