package dev.logitcl.kernel;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.kernel.KernelSource.Reduction;
import dev.logitcl.kernel.KernelSource.Traits;
import dev.logitcl.kernel.KernelSource.Walk;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A traversal: which entry points it has, over how many work-items, and what it cannot serve. */
public enum Geometry {
  /** One work-item walks a range of rows. */
  ROW_PER_ITEM(false, false),
  /** One work-item walks rows whose exponentials wait in the output: the input is read once. */
  ROW_PER_ITEM_KEEP(false, false),
  /** One work-item walks tiles of short rows, transposed so that lanes are rows. */
  SHORT_ROWS_ITEM(false, false),
  /** A work-group per row, or several short rows per group, held in registers. */
  ROW_PER_GROUP(true, false),
  /** A work-group per row, in two passes over memory. */
  ROW_PER_GROUP_ONLINE(true, false),
  /** A row split over several work-items, then a merge. */
  SPLIT_ROW_ITEM(false, true),
  /** A row split over several work-groups, then a merge. */
  SPLIT_ROW_GROUP(true, true),
  /** One work-item walks tiles of strided rows, adjacent rows in adjacent lanes. */
  STRIDED_ITEM(false, false),
  /** A work-group per tile of strided rows. */
  STRIDED_GROUP(true, false),
  /** One work-item scans a range of rows. */
  SCAN_ITEM(false, false, Walk.SCAN),
  /** A work-group scans each row. */
  SCAN_GROUP(true, false, Walk.SCAN),
  /** One work-item walks a range of rows and keeps their largest elements. */
  TOP_ITEM(false, false, Walk.TOP),
  /** A work-group walks each row and keeps its largest elements. */
  TOP_GROUP(true, false, Walk.TOP),
  /** One work-item walks tiles of a matrix product. */
  TILE_PER_ITEM(false, false, Walk.TILES),
  /** One work-item walks blocks of a matrix product, of columns that it packs. */
  BLOCK_PER_ITEM(false, false, Walk.TILES),
  /** A work-group computes square tiles of a matrix product, from pieces in local memory. */
  TILE_PER_GROUP(true, false, Walk.TILES);

  private final boolean groups;
  private final boolean split;
  private final Walk walk;

  Geometry(boolean groups, boolean split) {
    this(groups, split, Walk.REDUCE);
  }

  Geometry(boolean groups, boolean split, Walk walk) {
    this.groups = groups;
    this.split = split;
    this.walk = walk;
  }

  /** Its name in tables and entry points. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Geometry parse(String label) {
    for (Geometry geometry : values()) {
      if (geometry.label().equals(label)) {
        return geometry;
      }
    }
    throw new IllegalArgumentException("unknown geometry '" + label + "'");
  }

  String file() {
    return label() + ".cl";
  }

  /** Whether it needs scratch memory for a row's segments. */
  public boolean isSplit() {
    return split;
  }

  /** Whether the members of work-groups share rows: their vectors lie at multiples of V. */
  public boolean isOfGroups() {
    return groups;
  }

  /**
   * Whether one work-item reads and writes a row, so that a single element that it picks from the
   * row is still there when the row is written in place.
   */
  public boolean picksBeforeItWrites() {
    return this == ROW_PER_ITEM || this == SHORT_ROWS_ITEM;
  }

  /** A number that its kernel file defines, or a file that this one includes. */
  public int number(String name) {
    return KernelSource.number(this, name);
  }

  /** What a build for a shape defines besides the table's options. */
  Map<String, Integer> defines(Variant variant, DType dtype, Shape shape) {
    return switch (this) {
      case SHORT_ROWS_ITEM -> Map.of("LANES_ARE_ROWS", 1, "COLS", (int) shape.cols());
      case STRIDED_ITEM -> Map.of("LANES_ARE_ROWS", 1);
      default ->
          groups
              ? Map.of("LOCAL_BYTES", (int) Math.min(Integer.MAX_VALUE, localBytes(variant, dtype)))
              : Map.of();
    };
  }

  /** Whether it walks strided rows, whose distance is an argument after the columns. */
  public boolean isStrided() {
    return this == STRIDED_ITEM || this == STRIDED_GROUP;
  }

  /** The entry points of an op, in launch order. */
  public List<String> entryPoints(String op, Traits traits) {
    String prefix = op + "__" + label();
    if (!split) {
      return List.of(prefix);
    }
    return traits.reduction() == Reduction.NONE
        ? List.of(prefix + "__finish")
        : List.of(prefix + "__partial", prefix + "__finish");
  }

  /** Workers that a row is split into. */
  public int segments(Variant variant) {
    return split ? variant.option("SEGS") : 1;
  }

  /** Bytes of scratch memory for the statistics of one segment of a split row. */
  public static int partBytes() {
    return SPLIT_ROW_ITEM.number("STAT_BYTES");
  }

  /** Rows that one group works on at the same time. */
  private int rowsOfGroup(Variant variant) {
    return this == ROW_PER_GROUP ? variant.option("ROWS") : 1;
  }

  /** Work-items of one group. */
  public long local(Variant variant) {
    return groups ? (long) variant.option("GROUP") * rowsOfGroup(variant) : 1;
  }

  /**
   * Workers that keep a device busy: enough of them to balance, few enough to cost little. {@link
   * Long#MAX_VALUE} stands for one to each row.
   */
  public long workers(Variant variant, int computeUnits) {
    int each = variant.option("ITEMS_PER_CU");
    return each == Variant.MOST ? Long.MAX_VALUE : (long) each * computeUnits;
  }

  /**
   * Work-items in all; a multiple of {@link #local}.
   *
   * @param workers the most workers among whom tiles are shared out
   */
  public long global(Variant variant, DType dtype, Shape shape, long workers) {
    long rows = shape.rows();
    if (split) {
      return rows * segments(variant) * local(variant);
    }
    if (this == ROW_PER_GROUP) {
      return ceil(rows, rowsOfGroup(variant)) * local(variant);
    }
    if (this == STRIDED_GROUP) {
      return tiles(variant, dtype, shape) * local(variant);
    }
    if (walk == Walk.TILES) {
      // Tiles of a single row can be as many as those of a million; a worker without any ends at
      // once.
      return Math.min(workers, Variant.MOST) * local(variant);
    }
    return Math.min(tiles(variant, dtype, shape), workers) * local(variant);
  }

  /** Tiles of adjacent rows, each the work of one worker; of a single row where it has no tiles. */
  private long tiles(Variant variant, DType dtype, Shape shape) {
    return switch (this) {
      case SHORT_ROWS_ITEM ->
          ceil(shape.rows(), Math.max(variant.option("V"), number("LINE_BYTES") / dtype.bytes()));
      case STRIDED_ITEM ->
          shape.rows()
              / shape.inner()
              * ceil(shape.inner(), (long) variant.option("TILE") * variant.option("V"));
      case STRIDED_GROUP ->
          shape.rows() / shape.inner() * ceil(shape.inner(), variant.option("TILE"));
      default -> shape.rows();
    };
  }

  private static long ceil(long n, long by) {
    return (n + by - 1) / by;
  }

  /** Whether it is made for such ops. */
  public boolean walks(Traits traits) {
    return walk == traits.walk();
  }

  /** Bytes of local memory that a group may use; the kernel does not compile if it needs more. */
  private long localBytes(Variant variant, DType dtype) {
    long real = dtype.arithmetic().bytes();
    long members = local(variant);
    return switch (this) {
      // The members' references and sums, twice.
      case SCAN_GROUP -> 4 * real * members;
      // The candidates with their columns, two reals for each member, and some counters.
      case TOP_GROUP -> (real + Integer.BYTES) * variant.option("ROOM") + 2 * real * members + 64;
      // Statistics of each member, and a real.
      case STRIDED_GROUP -> (number("STAT_BYTES") + real) * members;
      // Pieces of both factors, as wide as the rows of members that each have V columns.
      case TILE_PER_GROUP ->
          2 * real * number("DEPTH") * variant.option("V") * (long) Math.sqrt((double) members);
      // Two reals for each member.
      default -> 2 * real * members;
    };
  }

  /** Why this geometry cannot serve a call, or null if it can. */
  @Nullable String refusal(
      Variant variant, Traits traits, boolean writesMatrix, Shape shape, DeviceInfo device) {
    if (shape.isStrided() && !isStrided()) {
      return "rows are strided";
    }
    if (!walks(traits)) {
      return "serves ops that walk by " + walk + ", not " + traits.walk();
    }
    long local = local(variant);
    if (groups && device.maxGroup() > 0 && local > device.maxGroup()) {
      return "groups of " + local + " work-items, the device allows " + device.maxGroup();
    }
    long bytes = groups ? localBytes(variant, traits.dtype()) : 0;
    if (groups && device.localMemory() > 0 && bytes > device.localMemory()) {
      return bytes + " bytes of local memory, the device has " + device.localMemory();
    }
    if (groups && Long.bitCount(variant.option("GROUP")) != 1) {
      return "GROUP=" + variant.option("GROUP") + " is not a power of two";
    }
    if (this == STRIDED_GROUP && variant.option("TILE") > local) {
      return "TILE=" + variant.option("TILE") + " is more than GROUP=" + local;
    }
    if (this == ROW_PER_ITEM_KEEP) {
      if (!traits.emitsFromExp() || !writesMatrix) {
        return "its result is not made from exp(x - m)";
      }
      if (traits.dtype().isHalf()) {
        return "exponentials kept in " + traits.dtype() + " would lose digits";
      }
      int most = variant.option("KEEP");
      if (shape.cols() > most) {
        return "keeps at most " + most + " columns";
      }
    }
    if (this == SHORT_ROWS_ITEM && (shape.cols() == 0 || shape.cols() > number("MOST_COLS"))) {
      return "transposes rows of 1 to " + number("MOST_COLS") + " columns";
    }
    if (split && shape.rows() > Integer.MAX_VALUE / segments(variant)) {
      return "more than " + Integer.MAX_VALUE + " segments of rows";
    }
    if (this == ROW_PER_GROUP) {
      long capacity =
          (long) variant.option("ITEMS") * variant.option("GROUP") * variant.option("V");
      if (shape.cols() > capacity) {
        return "holds at most " + capacity + " columns";
      }
    }
    return null;
  }
}
