package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.backend.Options;
import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Accuracy;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.cl.BinaryCache;
import dev.logitcl.cl.ClBuffer;
import dev.logitcl.cl.ClDevice;
import dev.logitcl.cl.ClKernel;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.contract.Covering;
import dev.logitcl.contract.Facts;
import dev.logitcl.contract.Scope;
import dev.logitcl.contract.Strided;
import dev.logitcl.contract.Views;
import dev.logitcl.kernel.Geometry;
import dev.logitcl.kernel.KernelSource;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.LogCumSumExp;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.Operand;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import dev.logitcl.op.TokenLogProbs;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every op in every geometry on Oclgrind's simulated device, which reports accesses out of bounds,
 * data races, uninitialised reads, divergent barriers and misuse of the API. Started by
 * scripts/oclgrind, never by a plain test run (the name does not end in Test).
 */
@Tag("oclgrind")
final class OclgrindRun {
  /**
   * What every other operation is made of: in every variant below. The others run in one variant of
   * each geometry, at fewer shapes: the simulation takes its time.
   */
  private static final Set<Class<?>> CORE =
      Set.of(
          LogSumExp.class,
          LogSumExpBackward.class,
          LogSoftmax.class,
          LogSoftmaxBackward.class,
          Softmax.class,
          SoftmaxBackward.class,
          CrossEntropy.class,
          CrossEntropyBackward.class,
          LogCumSumExp.class,
          TokenLogProbs.class);

  /**
   * Tails of every length around the vectors used here, one element, no elements. The largest comes
   * first: Oclgrind takes what is beyond the size of a freed buffer for uninitialised in the buffer
   * that follows it.
   */
  private static final List<Shape> SHAPES =
      List.of(
          new Shape(5, 16),
          new Shape(2, 37),
          new Shape(3, 5),
          new Shape(1, 1),
          new Shape(2, 0),
          new Shape(0, 3));

  private static final List<Shape> FEWER = List.of(new Shape(3, 37), new Shape(2, 5));

  /**
   * What merging parts of a row may get wrong; on pocl each geometry meets them in the core alone.
   */
  private static final List<Fill> FILLS = List.of(Fill.RANDOM, Fill.MASKED, Fill.NAN_AND_INF);

  private static final List<OpCase> CASES = cases(true);
  private static final List<OpCase> FURTHER = cases(false);

  private static List<OpCase> cases(boolean core) {
    return OpCase.all().stream()
        .filter(test -> core == (CORE.contains(test.type()) && !test.variant().contains("options")))
        .toList();
  }

  private static final Set<Class<?>> RUN = new HashSet<>();
  private static final Set<String> SEEN = new TreeSet<>();
  private static final Set<String> SEEN_FROM_EXP = new TreeSet<>();
  private static final Set<String> LAUNCHED = new TreeSet<>();

  private static Path log;
  private static ClDevice device;
  private static long alreadyLogged;

  @BeforeAll
  static void findOclgrind() {
    String path = System.getenv("OCLGRIND_LOG");
    assertNotNull(path, "start this with scripts/oclgrind");
    log = Path.of(path);
    List<ClDevice> devices = ClDevice.all();
    assertEquals(1, devices.size(), "devices");
    device = devices.get(0);
    assertTrue(device.info().name().contains("Oclgrind"), device.info().toString());
  }

  /** Host memory would make inputs that nobody initialised as Oclgrind sees it: false reports. */
  @Test
  void theDeviceIsTreatedAsAGpuWithMemoryOfItsOwn() {
    assertEquals(Kind.GPU, device.info().kind());
  }

  /** What the reports of the other tests are worth: the tool must see these. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Invalid write | if (get_global_id(0) == 3) a[1000] = 1;",
        "Invalid read | a[0] = a[1000];",
        "race | a[0] = get_global_id(0);",
        "uninitialized | local float b[4]; if (b[get_local_id(0)] > 1) a[get_global_id(0)] = 1;",
        "divergence | if (get_local_id(0) == 1) barrier(CLK_LOCAL_MEM_FENCE);",
      })
  void theToolFindsWhatItShould(String report, String statements) throws IOException {
    String source = "kernel void planted(global float *a) { " + statements + " }";
    try (ClQueue queue = ClQueue.open(device, false, BinaryCache.OFF)) {
      ClBuffer buffer = queue.allocate(64);
      buffer.write(0, FloatBuffer.allocate(16));
      ClKernel kernel = queue.build("planted", source, "-cl-std=CL1.2", List.of("planted")).get(0);
      startReading();
      kernel.set(0, buffer);
      kernel.enqueue(4, 4);
      queue.finish();
    }
    assertTrue(reports().contains(report), "expected '" + report + "', found: " + reports());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "row_per_item\tITEMS_PER_CU=1 V=4",
        "row_per_item\tBLOCK=2 CHUNK=2 EMIT_BLOCK=2 ITEMS_PER_CU=1 V=1",
        "row_per_item\tITEMS_PER_CU=1 V=16",
        "row_per_item_keep\tBLOCK=2 ITEMS_PER_CU=1 V=4",
        "short_rows_item\tITEMS_PER_CU=1 V=4",
        "row_per_group\tGROUP=4 ITEMS=3 ROWS=2 V=4",
        "row_per_group\tGROUP=16 ITEMS=4 V=1",
        "row_per_group\tGROUP=1 ITEMS=10 ROWS=3 V=4",
        "row_per_group_online\tGROUP=4 ITEMS=2 ITEMS_PER_CU=1 V=4",
        "row_per_group_online\tCHUNK=2 GROUP=2 ITEMS=1 ITEMS_PER_CU=1 V=1",
        "strided_item\tITEMS_PER_CU=1 TILE=2 V=4",
        "strided_group\tGROUP=4 ITEMS=2 TILE=2 V=1",
        "split_row_item\tSEGS=3 V=4",
        "split_row_item\tBLOCK=2 CHUNK=2 EMIT_BLOCK=2 SEGS=2 V=1",
        "split_row_group\tGROUP=2 ITEMS=1 SEGS=3 V=4",
        "split_row_group\tGROUP=4 ITEMS=2 SEGS=5 V=1",
        "scan_item\tITEMS_PER_CU=1 V=4",
        "scan_group\tGROUP=4 ITEMS_PER_CU=1 V=4",
        "top_item\tBLOCK=4 ITEMS_PER_CU=1 V=4",
        "top_group\tGROUP=4 ITEMS=1 ITEMS_PER_CU=1 PIECE=1 ROOM=256 V=4",
      })
  void coreOps(String variant) throws IOException {
    for (OpCase test : inScope(variant, CASES)) { // each in a context of its own, see SHAPES
      run(variant, test, SHAPES, List.of(Fill.RANDOM));
    }
    for (Shape shape : SHAPES) {
      helpers(variant, shape);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "row_per_item\tITEMS_PER_CU=1 V=4",
        "row_per_item_keep\tITEMS_PER_CU=1 V=4",
        "short_rows_item\tITEMS_PER_CU=1 V=4",
        "row_per_group\tGROUP=4 ITEMS=10 V=1",
        "row_per_group_online\tGROUP=4 ITEMS=2 ITEMS_PER_CU=1 V=4",
        "strided_item\tITEMS_PER_CU=1 TILE=2 V=4",
        "strided_group\tGROUP=4 ITEMS=2 TILE=2 V=1",
        "split_row_item\tSEGS=3 V=4",
        "split_row_group\tGROUP=2 ITEMS=2 SEGS=3 V=4",
        "scan_item\tITEMS_PER_CU=1 V=4",
        "scan_group\tGROUP=4 ITEMS_PER_CU=1 V=4",
        "tile_per_item\tITEMS_PER_CU=1 V=4",
        "block_per_item\tITEMS_PER_CU=1 TALL=8 V=4 WIDE=8",
        "tile_per_group\tGROUP=16 ITEMS_PER_CU=1 V=4",
      })
  void furtherOps(String variant) throws IOException {
    for (OpCase test : inScope(variant, FURTHER)) { // each in a context of its own, see SHAPES
      run(variant, test, FEWER, FILLS);
    }
  }

  /**
   * The cases that a geometry can serve, as far as the scope takes them: four runs have one of each
   * kernel of the core, and each run in the others' place one that reads and writes every kind of
   * operand.
   */
  private static List<OpCase> inScope(String variant, List<OpCase> cases) {
    Geometry geometry =
        Geometry.valueOf(variant.substring(0, variant.indexOf('\t')).toUpperCase(Locale.ROOT));
    List<OpCase> served = cases.stream().filter(test -> serves(geometry, test)).toList();
    List<OpCase> chosen =
        cases == CASES
            ? Scope.ofThisRun()
                .turn(Covering.of(served, test -> Set.of(Facts.of(test).kernel())), 4)
            : served.stream().filter(test -> test.variant().contains("all options")).toList();
    return Scope.ofThisRun().select(served, chosen);
  }

  private static boolean serves(Geometry geometry, OpCase test) {
    Facts facts = Facts.of(test);
    KernelSource.Traits traits = KernelSource.traits(facts.kernel());
    return geometry.walks(traits)
        && (geometry != Geometry.ROW_PER_ITEM_KEEP
            || (traits.emitsFromExp() && facts.writesMatrix()));
  }

  private static void run(String variant, OpCase test, List<Shape> shapes, List<Fill> fills)
      throws IOException {
    try (OpenClBackend backend = forced(variant)) {
      startReading();
      for (Shape shape : shapes) {
        for (Fill fill : fills) {
          if (test.accepts(shape.rows(), shape.cols())) {
            check(backend, test, new Inputs(shape, fill, 1), variant.replace('\t', ' '));
          }
        }
      }
    }
  }

  private static OpenClBackend forced(String variant) {
    Options options = Options.DEFAULT.withVariants("*\t*\t*\t*\t" + variant);
    return Opening.of(device, options).withoutSelfTests().open();
  }

  /**
   * Rows that are strided, with more and, for the core, with fewer of them side by side than a tile
   * has; moved, too. Products of matrices take none.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "strided_item\tITEMS_PER_CU=2 TILE=2 V=4",
        "strided_group\tGROUP=8 ITEMS=2 TILE=4 V=1",
      })
  void stridedRows(String variant) throws IOException {
    for (OpCase test : inScope(variant, OpCase.all())) {
      boolean core = CASES.contains(test);
      for (int inner : core ? new int[] {11, 3} : test.isListed() ? new int[] {11} : new int[0]) {
        if (test.accepts(2L * inner, 7) && test.type() != MatrixProduct.class) {
          // Each in a context of its own: a buffer that was freed leaves false reports, see SHAPES.
          try (OpenClBackend backend = forced(variant)) {
            startReading();
            Strided.check(backend, test, 2, 7, inner, Fill.RANDOM);
            assertEquals("", reports(), test + ", inner " + inner + " with " + variant);
          }
        }
      }
    }
  }

  /**
   * Operands that are rows of one matrix: back to back, so that a step beyond one of them is a race
   * or beyond the memory; and a row apart, so that vectors lie as nowhere else.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "row_per_item\tITEMS_PER_CU=1 V=4",
        "short_rows_item\tITEMS_PER_CU=1 V=4",
        "row_per_group\tGROUP=4 ITEMS=3 ROWS=2 V=4",
        "row_per_group_online\tGROUP=4 ITEMS=2 ITEMS_PER_CU=1 V=4",
        "split_row_group\tGROUP=2 ITEMS=1 SEGS=3 V=4",
        "top_item\tBLOCK=4 ITEMS_PER_CU=1 V=4",
      })
  void viewsOfRows(String variant) throws IOException {
    Options options = Options.DEFAULT.withVariants("*\t*\t*\t*\t" + variant);
    Shape shape = variant.startsWith("short") ? new Shape(5, 7) : new Shape(3, 37);
    for (OpCase test : CASES) {
      for (int gap : test.isListed() ? new int[] {0, 1} : new int[0]) {
        // Each in a context of its own, see SHAPES.
        try (OpenClBackend backend = Opening.of(device, options).withoutSelfTests().open()) {
          startReading();
          Views.check(backend, test, new Inputs(shape, Fill.RANDOM, 1), gap, false);
          assertEquals("", reports(), test + ", rows between: " + gap + ", with " + variant);
        }
      }
    }
  }

  private static void check(OpenClBackend backend, OpCase test, Inputs inputs, String label)
      throws IOException {
    try (Run run = test.prepare(backend, inputs)) {
      RunReport report = run.run();
      noteWhatRan(run.op(), report, label);
      Accuracy accuracy = run.check();
      String what = test + " of " + inputs + " with " + report.variant();
      assertEquals("", reports(label.contains("V=16")), what);
      assertTrue(accuracy.ok(), what + ": " + accuracy.detail());
    }
  }

  private static void helpers(String variant, Shape shape) throws IOException {
    float[] zeros = new float[(int) shape.elements()];
    try (OpenClBackend backend = forced(variant);
        Matrix x = backend.upload(zeros, shape.rows(), shape.cols());
        Matrix y = backend.allocate(shape);
        Matrix z = backend.allocate(shape);
        Matrix sums = backend.allocateColumn(shape.rows())) {
      startReading();
      backend.bandwidthProbe().copy(x, y);
      backend.bandwidthProbe().rowSums(x, sums);
      backend.bandwidthProbe().triad(x, y, 2, z);
      backend.finish();
      assertEquals("", reports(variant.contains("V=16")), "helpers of " + shape + ", " + variant);
    }
  }

  private static void noteWhatRan(RowOp op, RunReport report, String label) {
    RUN.add(op.getClass());
    SEEN.add(op.kernel());
    List<Operand> operands = op.operands();
    if (KernelSource.traits(op.kernel()).emitsFromExp()
        && operands.get(operands.size() - 1).role() == Operand.Role.MATRIX_OUT) {
      SEEN_FROM_EXP.add(op.kernel());
    }
    if (report.variant().equals(label)) {
      LAUNCHED.addAll(report.entryPoints());
    }
  }

  /**
   * Nothing is skipped in silence: each op ran in each geometry that can serve it, in a run of all.
   */
  @AfterAll
  static void everythingRan() {
    if (!Scope.ofThisRun().isAll()) {
      assertTrue(LAUNCHED.size() > Geometry.values().length, LAUNCHED.toString());
      return;
    }
    Set<String> expected = new TreeSet<>();
    for (String op : SEEN) {
      for (Geometry geometry : Geometry.values()) {
        boolean serves = geometry.walks(KernelSource.traits(op));
        if (serves && (geometry != Geometry.ROW_PER_ITEM_KEEP || SEEN_FROM_EXP.contains(op))) {
          expected.addAll(geometry.entryPoints(op, KernelSource.traits(op)));
        }
      }
    }
    assertEquals(OpCase.all().stream().map(OpCase::type).collect(Collectors.toSet()), RUN);
    assertEquals(expected, LAUNCHED);
  }

  private static void startReading() throws IOException {
    alreadyLogged = Files.size(log);
  }

  /** What Oclgrind has logged since; it starts the file anew with each context. */
  private static String reports() throws IOException {
    byte[] all = Files.readAllBytes(log);
    int from = (int) Math.min(alreadyLogged, all.length);
    return new String(all, from, all.length - from, StandardCharsets.UTF_8).strip();
  }

  /** Halving a float16 (.lo, .hi) gives false reports of uninitialised values. */
  private static String reports(boolean withoutUninitialised) throws IOException {
    String all = reports();
    if (!withoutUninitialised) {
      return all;
    }
    return Stream.of(all.split("\n(?=\\S)"))
        .filter(report -> !report.contains("ninitialized"))
        .collect(Collectors.joining("\n"))
        .strip();
  }
}
