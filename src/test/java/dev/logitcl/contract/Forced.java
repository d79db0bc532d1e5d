package dev.logitcl.contract;

import dev.logitcl.kernel.Geometry;
import dev.logitcl.kernel.KernelSource;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A geometry under some options that is tried before the built-in table.
 *
 * @param geometry the geometry
 * @param options its options, sorted
 * @param columns the only number of columns that it is built for here; 0 for any
 * @param most the largest number of columns that it holds
 */
record Forced(Geometry geometry, String options, int columns, int most) {

  /** What each geometry file says of itself, under the options that reach its every path. */
  private static final List<Forced> ALL =
      List.of(
          // Blocks so short that the rows here have several; as shipped they are longer.
          any(Geometry.ROW_PER_ITEM, "BLOCK=4 ITEMS_PER_CU=8 PREFETCH=1024 STREAM=0 V=8"),
          any(Geometry.ROW_PER_ITEM_KEEP, "BLOCK=4 ITEMS_PER_CU=8 V=8"),
          new Forced(Geometry.SHORT_ROWS_ITEM, "ITEMS_PER_CU=8 STREAM=0 V=16", 17, 17),
          new Forced(Geometry.SHORT_ROWS_ITEM, "ITEMS_PER_CU=8 V=4", 3, 3),
          any(Geometry.SPLIT_ROW_ITEM, "SEGS=16 V=16"),
          // One row per group, and sixteen.
          new Forced(Geometry.ROW_PER_GROUP, "GROUP=64 ITEMS=4 V=4", 0, 1024),
          new Forced(Geometry.ROW_PER_GROUP, "GROUP=8 ITEMS=1 ROWS=16 V=4", 0, 32),
          any(Geometry.ROW_PER_GROUP_ONLINE, "GROUP=64 ITEMS=4 V=4"),
          any(Geometry.SPLIT_ROW_GROUP, "GROUP=16 ITEMS=4 SEGS=5 V=4"),
          any(Geometry.STRIDED_ITEM, "ITEMS_PER_CU=8 STREAM=0 V=8"),
          any(Geometry.STRIDED_ITEM, "ITEMS_PER_CU=8 TILE=1 V=16"),
          any(Geometry.STRIDED_GROUP, "GROUP=64 V=1"),
          any(Geometry.STRIDED_GROUP, "CHUNK=4 GROUP=32 ITEMS=2 TILE=8 V=1"),
          any(Geometry.SCAN_ITEM, "ITEMS_PER_CU=8 V=8"),
          any(Geometry.SCAN_GROUP, "GROUP=16 V=4"),
          any(Geometry.SCAN_GROUP, "GROUP=64 V=1"),
          // Blocks, pieces and room so small that the rows here have several, and fill it.
          any(Geometry.TOP_ITEM, "BLOCK=8 ITEMS_PER_CU=8 V=8"),
          any(Geometry.TOP_GROUP, "GROUP=16 ITEMS=2 PIECE=1 ROOM=256 V=4"),
          any(Geometry.TILE_PER_ITEM, "HEIGHT=2 ITEMS_PER_CU=8 V=4"),
          any(Geometry.BLOCK_PER_ITEM, "HEIGHT=2 ITEMS_PER_CU=8 TALL=8 V=4 WIDE=8"),
          any(Geometry.TILE_PER_GROUP, "GROUP=16 V=4"));

  private static Forced any(Geometry geometry, String options) {
    return new Forced(geometry, options, 0, Integer.MAX_VALUE);
  }

  /** Every geometry, some under several options. */
  static List<Forced> all() {
    return ALL;
  }

  /** The rows of the shipped table that reduce rows; those of short rows at some lengths. */
  static Set<Forced> shipped() {
    Set<Forced> found = new LinkedHashSet<>();
    for (String line : read("/opencl-kernels/variants.tsv").split("\n", -1)) {
      String[] fields = line.split("\t", -1);
      if (line.startsWith("#") || fields.length != 6) {
        continue;
      }
      Geometry geometry = Geometry.valueOf(fields[4].toUpperCase(java.util.Locale.ROOT));
      String bound = fields[3].startsWith("..") ? fields[3].substring(2) : "";
      switch (geometry) {
        case SCAN_ITEM, SCAN_GROUP, TOP_ITEM, TOP_GROUP, TILE_PER_ITEM -> {}
        case SHORT_ROWS_ITEM ->
            List.of(1, 13, 16).forEach(n -> found.add(new Forced(geometry, fields[5], n, n)));
        case ROW_PER_GROUP ->
            found.add(new Forced(geometry, fields[5], 0, Integer.parseInt(bound)));
        default -> found.add(any(geometry, fields[5]));
      }
    }
    return found;
  }

  /**
   * Rows of the dispatch table for every op, except those that measure bandwidth and the sum of
   * losses, which each row for it would build once more.
   */
  String rows() {
    return List.of(
            "log_*",
            "nll_*",
            "softmax_*",
            "cross_entropy_*",
            "expectation_*",
            "weighted_*",
            "matrix_*",
            "token_*",
            "row_stats",
            "merge_*")
        .stream()
        .map(op -> "*\t" + op + "\t*\t*\t" + geometry.label() + "\t" + options + "\n")
        .collect(Collectors.joining());
  }

  /** The words of a report when it ran. */
  String variant() {
    return geometry.label() + " " + options;
  }

  /** Whether it can serve an op, whatever the shape. */
  boolean serves(Facts facts, DType dtype) {
    return geometry.walks(KernelSource.traits(facts.kernel()))
        && (!facts.picksInPlace() || geometry.picksBeforeItWrites())
        && (geometry != Geometry.ROW_PER_ITEM_KEEP
            || (facts.writesMatrix()
                && KernelSource.traits(facts.kernel()).emitsFromExp()
                && !dtype.isHalf()));
  }

  /** Whether it can serve rows of such a length. */
  boolean holds(Shape shape) {
    return columns > 0 ? shape.cols() == columns : shape.cols() <= most;
  }

  @Override
  public String toString() {
    return variant();
  }

  private static String read(String resource) {
    try (InputStream in = Forced.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("no " + resource + " on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
