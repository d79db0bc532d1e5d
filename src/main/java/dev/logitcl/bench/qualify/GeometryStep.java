package dev.logitcl.bench.qualify;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.tune.Subject;
import dev.logitcl.bench.tune.Tunable;
import dev.logitcl.kernel.Geometry;
import dev.logitcl.kernel.Variant;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Whether each geometry is right, whatever the table would choose: first one row of the built-in
 * table for each, those of the device's kind before others, then the rest of the rows that are
 * meant for the device. A row that fails, or that the device is too small for, is a result.
 */
final class GeometryStep implements Step {
  /** A variant is tried on the first two that it serves; nothing divides rows and columns. */
  private static final List<Shape> DENSE =
      List.of(new Shape(5, 1001), new Shape(33, 13), new Shape(3, 5003), new Shape(1, 20_011));

  private static final List<Shape> STRIDED =
      List.of(new Shape(300, 17, 100), new Shape(34, 101, 17));
  private static final int TRIED = 2;

  /** On the first shape all of them are tried, on the others these: usual scores, and -inf. */
  private static final List<Fill> SOME = List.of(Fill.RANDOM, Fill.MASKED);

  /** The most demanding of the core comes first, then what people use most. */
  private static final List<String> FIRST =
      List.of("cross-entropy forward+backward", "log-softmax forward", "log-softmax backward");

  private final Supplier<Tunable> tunable;

  GeometryStep(Supplier<Tunable> tunable) {
    this.tunable = tunable;
  }

  @Override
  public String name() {
    return "geometries";
  }

  @Override
  public int weight() {
    return 25;
  }

  @Override
  public void run(Task task) {
    Tunable device = tunable.get();
    DeviceInfo info = device.backend().device();
    List<Subject> subjects =
        cases().stream().map(opCase -> Subject.of(device.backend(), opCase)).toList();
    List<Variant> rows = rows(info);
    List<Variant> firsts = firsts(rows, info);
    List<Variant> others =
        rows.stream().filter(row -> row.isFor(info) && !firsts.contains(row)).toList();
    firsts.forEach(row -> refuse(row, subjects, info, task));
    for (List<Variant> group : List.of(firsts, others)) {
      for (Subject subject : subjects) {
        for (Variant row : group) {
          check(subject, row, device, task);
        }
      }
    }
  }

  private static void check(Subject subject, Variant row, Tunable device, Task task) {
    DeviceInfo info = device.backend().device();
    Variant variant = row.anywhere();
    // What is made for another kind of device may be very slow on this one.
    List<Fill> fills = row.isFor(info) ? List.of(Fill.values()) : SOME;
    List<Shape> shapes =
        (variant.geometry().isStrided() ? STRIDED : DENSE)
            .stream().filter(s -> subject.refusal(variant, s, info) == null).limit(TRIED).toList();
    for (Shape shape : shapes) {
      if (task.begin(variant.label() + ", " + subject + " " + Trial.text(shape))) {
        Checked checked =
            Trial.of(
                subject.opCase(),
                shape,
                fills,
                variant.label(),
                device.backend(),
                op -> device.run(op, variant),
                task::now);
        task.add(checked, checked.good());
        if (!checked.outcome().equals(Checked.OK)) {
          return; // it would be the same, and compile as long, on another shape
        }
      }
    }
  }

  /** Notes why a row can serve none of the cases that it is made for. */
  private static void refuse(Variant row, List<Subject> subjects, DeviceInfo info, Task task) {
    Variant variant = row.anywhere();
    List<Shape> shapes = variant.geometry().isStrided() ? STRIDED : DENSE;
    List<Subject> own =
        subjects.stream().filter(s -> variant.geometry().walks(s.traits())).toList();
    boolean served =
        own.stream()
            .anyMatch(s -> shapes.stream().anyMatch(o -> s.refusal(variant, o, info) == null));
    if (!served && !own.isEmpty()) {
      String reason = String.valueOf(own.get(0).refusal(variant, shapes.get(0), info));
      task.add(Trial.refused(own.get(0).opCase(), variant.label(), reason));
    }
  }

  /** The core, and an operation for each kind of walk beside it. */
  private static List<OpCase> cases() {
    List<OpCase> cases = new ArrayList<>(OpCase.listed().stream().filter(OpCase::isCore).toList());
    cases.sort(Comparator.comparingInt(GeometryStep::place));
    for (String op : List.of("log-cum-sum-exp", "token-logprobs", "matrix-product")) {
      OpCase.listed().stream()
          .filter(each -> each.op().equals(op))
          .findFirst()
          .ifPresent(cases::add);
    }
    return cases;
  }

  private static int place(OpCase opCase) {
    int place = FIRST.indexOf(opCase.name());
    return place < 0 ? FIRST.size() : place;
  }

  /** The rows of the built-in table that differ in geometry or options. */
  private static List<Variant> rows(DeviceInfo info) {
    Map<String, Variant> rows = new LinkedHashMap<>();
    for (Variant row : VariantTable.builtIn().rows()) {
      // Of equal ones the row that is meant for the device, if there is one.
      rows.merge(row.label(), row, (one, two) -> one.isFor(info) || !two.isFor(info) ? one : two);
    }
    return List.copyOf(rows.values());
  }

  /** A row of each geometry, those that are meant for the device before the others. */
  private static List<Variant> firsts(List<Variant> rows, DeviceInfo info) {
    Set<Geometry> seen = EnumSet.noneOf(Geometry.class);
    List<Variant> firsts = new ArrayList<>();
    rows.stream().filter(r -> r.isFor(info) && seen.add(r.geometry())).forEach(firsts::add);
    rows.stream().filter(r -> seen.add(r.geometry())).forEach(firsts::add);
    return firsts;
  }
}
