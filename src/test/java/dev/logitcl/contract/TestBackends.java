package dev.logitcl.contract;

import dev.logitcl.Backends;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Options;
import dev.logitcl.bench.OpCase;
import dev.logitcl.contract.TestBackend.Forced;
import dev.logitcl.contract.TestBackend.Serves;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.kernel.KernelSource.Walk;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Softmax;
import dev.logitcl.opencl.TestDevices;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The backends that the contract is run on. */
final class TestBackends {
  private static final Serves ALL = (opCase, shape) -> walk(opCase) == Walk.REDUCE;
  private static final Serves TOPS = (opCase, shape) -> walk(opCase) == Walk.TOP;
  private static final Serves SCANS = (opCase, shape) -> walk(opCase) == Walk.SCAN;

  /** What each geometry file says of itself, under the options that reach its every path. */
  private static final List<Forced> GEOMETRIES =
      List.of(
          // Blocks so short that the rows here have several; as shipped they are longer.
          new Forced("row_per_item", "BLOCK=4 ITEMS_PER_CU=8 STREAM=0 V=8", ALL),
          new Forced("row_per_item_keep", "BLOCK=4 ITEMS_PER_CU=8 V=8", TestBackends::keeps),
          new Forced("short_rows_item", "ITEMS_PER_CU=8 STREAM=0 V=16", ofColumns(17)),
          new Forced("short_rows_item", "ITEMS_PER_CU=8 V=4", ofColumns(3)),
          new Forced("split_row_item", "SEGS=16 V=16", ALL),
          // One row per group, and sixteen.
          new Forced("row_per_group", "GROUP=64 ITEMS=4 V=4", upTo(1024)),
          new Forced("row_per_group", "GROUP=8 ITEMS=1 ROWS=16 V=4", upTo(32)),
          new Forced("row_per_group_online", "GROUP=64 ITEMS=4 V=4", ALL),
          new Forced("split_row_group", "GROUP=64 ITEMS=4 SEGS=16 V=4", ALL),
          new Forced("scan_item", "ITEMS_PER_CU=8 V=8", SCANS),
          new Forced("scan_group", "GROUP=16 V=4", SCANS),
          new Forced("scan_group", "GROUP=64 V=1", SCANS),
          // Blocks, pieces and room so small that the rows here have several, and fill it.
          new Forced("top_item", "BLOCK=8 ITEMS_PER_CU=8 V=8", TOPS),
          new Forced("top_group", "GROUP=16 ITEMS=2 PIECE=1 ROOM=256 V=4", TOPS),
          new Forced("tile_per_item", "HEIGHT=2 ITEMS_PER_CU=8 V=4", ALL));

  private TestBackends() {}

  /** The geometries that are forced. */
  static Set<String> geometries() {
    return Stream.concat(
            GEOMETRIES.stream().map(Forced::geometry), StridedTest.geometries().stream())
        .collect(Collectors.toSet());
  }

  /**
   * The Java path as this JVM has it, vectors or not, on one thread and on two. The property
   * logitcl.test.path says which of them the build wants to see tested.
   */
  static List<TestBackend> java() {
    boolean there = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    String path = System.getProperty("logitcl.test.path", there ? "vector" : "scalar");
    List<TestBackend> backends = new ArrayList<>();
    for (int threads : new int[] {1, 2}) {
      String name = "Java " + path + ", threads: " + threads;
      backends.add(
          TestBackend.java(
              name,
              () ->
                  path.equals("vector") ? CpuBackend.vector(threads) : CpuBackend.scalar(threads)));
    }
    return backends;
  }

  /** Every OpenCL device with the built-in table. */
  static List<TestBackend> asShipped() {
    List<TestBackend> backends = new ArrayList<>();
    for (DeviceInfo device : TestDevices.all()) {
      backends.add(
          TestBackend.shipped(
              device.id() + " as shipped", () -> Backends.openCl(device, Options.DEFAULT)));
    }
    return backends;
  }

  /** Every OpenCL device with each geometry in turn. */
  static List<TestBackend> geometriesForced() {
    List<TestBackend> backends = new ArrayList<>();
    for (DeviceInfo device : TestDevices.all()) {
      GEOMETRIES.forEach(forced -> backends.add(forced(device, forced)));
    }
    return backends;
  }

  /** The geometry that a backend is forced to. */
  static String forcedGeometry(TestBackend backend) {
    Forced forced = backend.forced();
    return forced == null ? "none" : forced.geometry();
  }

  /** Every OpenCL device with each row of the shipped table made the first. */
  static List<TestBackend> shippedVariants() {
    List<TestBackend> backends = new ArrayList<>();
    for (DeviceInfo device : TestDevices.all()) {
      for (Forced forced : shipped()) {
        backends.add(forced(device, forced));
      }
    }
    return backends;
  }

  private static TestBackend forced(DeviceInfo device, Forced forced) {
    Options options = Options.DEFAULT.withVariants(forced.rows());
    return TestBackend.forced(
        device.id() + " " + forced.variant(), () -> Backends.openCl(device, options), forced);
  }

  private static Set<Forced> shipped() {
    Set<Forced> found = new LinkedHashSet<>();
    for (String line : read("/opencl-kernels/variants.tsv").split("\n", -1)) {
      String[] fields = line.split("\t", -1);
      if (!line.startsWith("#") && fields.length == 6) {
        String geometry = fields[4];
        String bound = fields[3].startsWith("..") ? fields[3].substring(2) : "";
        Serves serves =
            geometry.startsWith("scan") || geometry.startsWith("top")
                ? (opCase, shape) -> false // forced above in their every form
                : geometry.endsWith("_keep")
                    ? TestBackends::keeps
                    : geometry.equals("short_rows_item")
                        ? ofColumns(1, 13, 16)
                        : geometry.equals("row_per_group") ? upTo(Integer.parseInt(bound)) : ALL;
        found.add(new Forced(geometry, fields[5], serves));
      }
    }
    return found;
  }

  /** Which geometries a case's op is made for. */
  private static Walk walk(OpCase opCase) {
    return switch (opCase.op()) {
      case "log-cum-sum-exp" -> Walk.SCAN;
      case "token-logprobs" -> Walk.TOP;
      default -> Walk.REDUCE;
    };
  }

  private static Serves ofColumns(int... columns) {
    return (opCase, shape) ->
        ALL.call(opCase, shape) && Arrays.stream(columns).anyMatch(cols -> cols == shape.cols());
  }

  private static Serves upTo(int cols) {
    return (opCase, shape) -> ALL.call(opCase, shape) && shape.cols() <= cols;
  }

  /** Only matrices made from exp(x - m) are kept: softmax and the gradients of cross-entropy. */
  private static boolean keeps(OpCase opCase, Shape shape) {
    return opCase.type() == Softmax.class
        || (opCase.op().equals("cross-entropy")
            && opCase.pass().endsWith("backward")
            && !opCase.variant().equals(TestBackend.ALL_OPTIONS));
  }

  private static String read(String resource) {
    try (InputStream in = TestBackends.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("no " + resource + " on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
