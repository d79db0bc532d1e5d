package dev.logitcl.kernel;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.kernel.KernelSource.Traits;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A row of the dispatch table: for which calls it is meant, and the geometry and options to use.
 *
 * @param origin file and line, for messages
 * @param device the devices that it is meant for, a {@link DeviceColumn}
 * @param op an op, {@code *}, or a prefix with {@code *}
 * @param rows range of rows
 * @param cols range of columns
 * @param geometry the traversal
 * @param options its options, sorted
 */
public record Variant(
    String origin,
    String device,
    String op,
    Range rows,
    Range cols,
    Geometry geometry,
    Map<String, Integer> options) {

  /**
   * Options that only the host reads, and the number that stands for each where a row has none; all
   * others are defined for the compiler, and the kernels know the numbers that stand for them.
   */
  private static final Map<String, Integer> HOST_OPTIONS =
      Map.of("ITEMS_PER_CU", 8, "SEGS", 16, "STREAM", 1 << 20);

  /** The largest value of an option. */
  static final int MOST = 1 << 20;

  /** Parses one line of a table. */
  static Variant parse(String origin, String line) {
    String[] fields = line.split("\t", -1);
    if (fields.length < 5 || fields.length > 6) {
      throw new IllegalArgumentException(
          origin
              + ": found "
              + fields.length
              + " columns, expected device, op, rows, cols,"
              + " geometry, options, separated by tabs");
    }
    try {
      Map<String, Integer> options = new TreeMap<>();
      for (String option : (fields.length == 6 ? fields[5] : "").trim().split(" +", -1)) {
        if (!option.isEmpty()) {
          addOption(option, options);
        }
      }
      return new Variant(
          origin,
          DeviceColumn.require(fields[0].trim()),
          fields[1].trim(),
          Range.parse(fields[2].trim()),
          Range.parse(fields[3].trim()),
          Geometry.parse(fields[4].trim()),
          Collections.unmodifiableMap(options));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(origin + ": " + e.getMessage(), e);
    }
  }

  private static void addOption(String option, Map<String, Integer> options) {
    int equals = option.indexOf('=');
    String name = equals < 0 ? option : option.substring(0, equals);
    if (!name.matches("[A-Z_]+")) {
      throw new IllegalArgumentException("'" + option + "' is no option, expected NAME=NUMBER");
    }
    try {
      int value = equals < 0 ? 1 : Integer.parseInt(option.substring(equals + 1));
      int least = name.equals("STREAM") ? 0 : 1;
      if (value < least || value > MOST) {
        throw new IllegalArgumentException(
            option + " is out of range, expected " + least + " to 1048576");
      }
      options.put(name, value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + option + "' is no option, expected NAME=NUMBER", e);
    }
  }

  /** An option of the row, or what stands for it. */
  public int option(String name) {
    Integer value = options.getOrDefault(name, HOST_OPTIONS.get(name));
    return value == null ? geometry.number(name) : value;
  }

  /** Geometry and options, for reports: {@code row_per_item ITEMS_PER_CU=8 V=16}. */
  public String label() {
    StringBuilder text = new StringBuilder(geometry.label());
    options.forEach((name, value) -> text.append(' ').append(name).append('=').append(value));
    return text.toString();
  }

  /**
   * The compiler's options, sorted, so that equal programs have equal keys. No fast-math option may
   * ever stand here: NaN and infinities are part of the contract.
   *
   * @param op the op
   * @param defines what the call defines, {@code HAS_LSE}
   * @param dtype element type of its matrices
   * @param shape the call's shape
   */
  public String buildOptions(String op, Set<String> defines, DType dtype, Shape shape) {
    TreeMap<String, String> all = new TreeMap<>();
    all.put("OP", "=" + op);
    defines.forEach(name -> all.put(name, ""));
    if (dtype != DType.F32) {
      all.put("DTYPE_" + dtype, "");
    }
    geometry.defines(this, dtype, shape).forEach((name, value) -> all.put(name, "=" + value));
    // STREAM: MiB of a matrix from which on it is written past the caches.
    if (shape.elements() * dtype.bytes() >= (long) option("STREAM") << 20) {
      all.put("STREAM", "");
    }
    options.forEach(
        (name, value) -> {
          if (!HOST_OPTIONS.containsKey(name)) {
            all.put(name, "=" + value);
          }
        });
    StringBuilder text = new StringBuilder("-cl-std=CL1.2");
    all.forEach((name, value) -> text.append(" -D").append(name).append(value));
    return text.toString();
  }

  /** Why this row is passed over for a call, or null if it is taken. */
  @Nullable String refusal(
      String calledOp, Traits traits, boolean writesMatrix, Shape shape, DeviceInfo info) {
    if (!isFor(info)) {
      return "device " + device;
    }
    if (!matchesOp(calledOp)) {
      return "op " + op;
    }
    if (!rows.contains(shape.rows(), info.computeUnits())) {
      return "rows " + shape.rows() + " not in " + rows.text();
    }
    if (!cols.contains(shape.cols(), info.computeUnits())) {
      return "cols " + shape.cols() + " not in " + cols.text();
    }
    return geometry.refusal(this, traits, writesMatrix, shape, info);
  }

  /** Returns the build options of an op for float32 matrices of a shape. */
  public String buildOptions(String op, Set<String> defines, Shape shape) {
    return buildOptions(op, defines, DType.F32, shape);
  }

  /** Whether it is meant for a device. */
  public boolean isFor(DeviceInfo info) {
    return DeviceColumn.matches(device, info);
  }

  /** Its geometry and options as a row that is meant for every call on every device. */
  public Variant anywhere() {
    Range all = Range.parse("*");
    return new Variant(origin, "*", "*", all, all, geometry, options);
  }

  /** Whether it is meant for an op on a device, whatever the shape. */
  public boolean isFor(String calledOp, DeviceInfo info) {
    return isFor(info) && matchesOp(calledOp);
  }

  private boolean matchesOp(String calledOp) {
    return op.endsWith("*")
        ? calledOp.startsWith(op.substring(0, op.length() - 1))
        : calledOp.equals(op);
  }
}
