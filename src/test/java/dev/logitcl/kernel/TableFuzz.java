package dev.logitcl.kernel;

import static dev.logitcl.fuzz.Fuzzing.demand;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.fuzz.Fuzzing;
import dev.logitcl.kernel.KernelSource.Traits;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Any bytes as a dispatch table: as the caller's rows, as the user's own file, as candidates. Rows
 * are taken, passed over or refused with a line that names them; whatever is taken can be launched.
 */
public final class TableFuzz {
  private static final List<DeviceInfo> DEVICES =
      List.of(Samples.CPU, Samples.GPU, Samples.SMALL_GPU, Samples.device(Kind.CPU, "?", 0, 0, 0));

  private static final String OP = "log_softmax_forward";
  private static final Traits TRAITS = KernelSource.traits(OP);

  /** Rows that are launched of a table with many. */
  private static final int SOME = 20;

  private static final List<Shape> SHAPES =
      List.of(
          new Shape(0, 7),
          new Shape(1, 1),
          new Shape(3, 0),
          new Shape(65, 17),
          new Shape(1 << 20, 4097),
          new Shape(1, Integer.MAX_VALUE),
          new Shape(1L << 40, 1000));

  private TableFuzz() {}

  /** One input. */
  public static void fuzzerTestOneInput(byte[] data) {
    String text = new String(data, StandardCharsets.UTF_8);
    asOptions(text);
    asCandidates(text);
    asFile(data, text);
  }

  private static void asOptions(String text) {
    try {
      launch(VariantTable.load(text, List.of()));
    } catch (IllegalArgumentException e) {
      requireLine(e.getMessage(), "options:");
    }
  }

  private static void asCandidates(String text) {
    try {
      Candidates.parse(text).stream()
          .limit(SOME)
          .forEach(candidate -> launch(VariantTable.only(candidate.variant())));
    } catch (IllegalArgumentException e) {
      requireLine(e.getMessage(), "candidates.tsv:");
    }
  }

  private static void requireLine(String message, String start) {
    demand(message.startsWith(start), "names no line: " + message);
  }

  /** A user's file never stops anybody. */
  private static void asFile(byte[] data, String text) {
    Path file = Fuzzing.file("tuned.tsv", data);
    Overlay.Contents contents = Overlay.read(file);
    contents.problems().forEach(problem -> requireLine(problem, file.toString()));
    contents.rows().stream().limit(SOME).forEach(row -> launch(VariantTable.only(row)));

    BoundDevice device = BoundDevice.of(Samples.CPU);
    String row = device + "\t" + OP + "\t*\t*\trow_per_item\tV=4";
    String replaced = Overlay.replace(text, device, Set.of(OP), row);
    demand(replaced.endsWith(row + "\n"), "the new row is not there: " + replaced);
    String again = Overlay.replace(replaced, device, Set.of(OP), row);
    demand(again.equals(replaced), "replaced twice: " + replaced + "\nand " + again);
  }

  private static void launch(VariantTable table) {
    for (DeviceInfo device : DEVICES) {
      for (Shape shape : SHAPES) {
        List<VariantTable.Step> steps = table.explain(OP, TRAITS, true, shape, device);
        VariantTable.Step last = steps.isEmpty() ? null : steps.get(steps.size() - 1);
        if (last != null && last.refusal() == null) {
          launch(last.variant(), shape, device);
        }
      }
    }
  }

  private static void launch(Variant variant, Shape shape, DeviceInfo device) {
    Geometry geometry = variant.geometry();
    long local = geometry.local(variant);
    long global =
        geometry.global(
            variant, DType.F32, shape, geometry.workers(variant, device.computeUnits()));
    String what = variant + " for " + shape + " on " + device;
    demand(local > 0, "groups of " + local + ": " + what);
    demand(global >= 0 && global % local == 0, global + " work-items: " + what);
    demand(device.computeUnits() == 0 || shape.elements() == 0 || global > 0, "none: " + what);
    demand(geometry.segments(variant) > 0, "segments: " + what);
    String options = variant.buildOptions(OP, Set.of(), DType.F32, shape);
    demand(options.matches("-cl-std=CL1.2( -D[A-Z_0-9]+(=[a-z_0-9]+)?)*"), options);
  }
}
