package dev.logitcl.kernel;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.kernel.KernelSource.Traits;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which variant serves a call: the caller's rows, then the user's own ({@link Overlay}), then those
 * measured per device, then the defaults; the first that matches wins.
 */
public final class VariantTable {
  private final List<Variant> variants;

  private VariantTable(List<Variant> variants) {
    this.variants = variants;
  }

  /**
   * The built-in tables behind the caller's rows and the user's overlay.
   *
   * @param overrides rows in the format of {@code variants.tsv}; empty for none
   * @throws IllegalArgumentException naming the line of {@code overrides} that cannot be read
   */
  public static VariantTable load(String overrides) {
    return load(overrides, Overlay.load());
  }

  /** The built-in tables alone: what a device gets that nobody has tuned. */
  public static VariantTable builtIn() {
    return load("", List.of());
  }

  static VariantTable load(String overrides, List<Variant> overlay) {
    List<Variant> variants = new ArrayList<>();
    parse("options", overrides, variants);
    variants.addAll(overlay);
    parse("tuned.tsv", KernelSource.read("tuned.tsv"), variants);
    parse("variants.tsv", KernelSource.read("variants.tsv"), variants);
    return new VariantTable(List.copyOf(variants));
  }

  /** Its rows, in the order in which they are tried. */
  public List<Variant> rows() {
    return variants;
  }

  /** One row and no other. */
  public static VariantTable only(Variant variant) {
    return new VariantTable(List.of(variant));
  }

  private static void parse(String file, String text, List<Variant> variants) {
    int number = 0;
    for (String line : text.split("\n", -1)) {
      number++;
      if (isRow(line)) {
        variants.add(Variant.parse(file + ":" + number, line.stripTrailing()));
      }
    }
  }

  /** Whether a line is neither blank nor a comment. */
  static boolean isRow(String line) {
    return !line.isBlank() && !line.startsWith("#");
  }

  /** Whether a row serves a call. */
  public boolean serves(
      String op, Traits traits, boolean writesMatrix, Shape shape, DeviceInfo device) {
    return variants.stream()
        .anyMatch(variant -> variant.refusal(op, traits, writesMatrix, shape, device) == null);
  }

  /** A test that needs a built kernel, such as how large the device allows its groups to be. */
  @FunctionalInterface
  public interface Trial {
    /** Why a row whose geometry could serve the call is passed over all the same, or null. */
    @Nullable String refusal(Variant variant);
  }

  /** The first row that serves a call. */
  public Variant choose(
      String op, Traits traits, boolean writesMatrix, Shape shape, DeviceInfo device) {
    return choose(op, traits, writesMatrix, shape, device, variant -> null);
  }

  /** The first row that serves a call and passes the trial. */
  public Variant choose(
      String op, Traits traits, boolean writesMatrix, Shape shape, DeviceInfo device, Trial trial) {
    List<Step> steps = explain(op, traits, writesMatrix, shape, device, trial);
    if (steps.isEmpty() || steps.get(steps.size() - 1).refusal() != null) {
      throw new IllegalStateException("no variant serves " + op + " " + shape + " on " + device);
    }
    return steps.get(steps.size() - 1).variant();
  }

  /**
   * A row of the table and what became of it.
   *
   * @param variant the row
   * @param refusal why it was passed over; null for the one that is taken
   */
  public record Step(Variant variant, @Nullable String refusal) {}

  /** The rows down to the one that is taken. */
  public List<Step> explain(
      String op, Traits traits, boolean writesMatrix, Shape shape, DeviceInfo device) {
    return explain(op, traits, writesMatrix, shape, device, variant -> null);
  }

  /** The rows down to the one that is taken, which also passes the trial. */
  public List<Step> explain(
      String op, Traits traits, boolean writesMatrix, Shape shape, DeviceInfo device, Trial trial) {
    List<Step> steps = new ArrayList<>();
    for (Variant variant : variants) {
      String refusal = variant.refusal(op, traits, writesMatrix, shape, device);
      refusal = refusal == null ? trial.refusal(variant) : refusal;
      steps.add(new Step(variant, refusal));
      if (refusal == null) {
        break;
      }
    }
    return steps;
  }
}
