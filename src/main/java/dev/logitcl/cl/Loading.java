package dev.logitcl.cl;

import dev.logitcl.files.Environment;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The moment at which this process loads the OpenCL loader and the drivers: the libraries of
 * strangers, any of which may end the process, and all of which come together. A {@link Mark} is
 * kept of the list of their libraries, and deaths are those of that list; so a process that is told
 * of other drivers loads them.
 */
public final class Loading {
  private static final Logger LOG = LoggerFactory.getLogger(Loading.class);
  private static final String DEVICE = "OpenCL";

  /** So many characters of a list of libraries are told. */
  private static final int READABLE = 150;

  @SuppressWarnings("NonFinalStaticField") // the libraries of a process stay
  private static volatile boolean done;

  private Loading() {}

  /** Lists devices, the first time while a mark says that drivers are loaded. */
  static <T> T all(Supplier<T> list) {
    Marks marks = Marks.ofThisProcess();
    if (done || !marks.areKept()) {
      return list.get();
    }
    Vendors vendors = vendors();
    for (Mark death : marks.deaths()) {
      if (isOf(vendors).test(death)) {
        // Perhaps the last words of this process, and the only ones.
        LOG.warn(
            "An earlier process ended while it loaded the OpenCL drivers ({}); if this one ends,"
                + " too, 'logitcl doctor' says which driver is at fault",
            driver(vendors));
        break;
      }
    }
    Mark mark = new Mark(DEVICE, driver(vendors), "loading the OpenCL drivers", Instant.now());
    T listed = marks.during(mark, "", list);
    done = true;
    return listed;
  }

  /** Says why the drivers are to be left alone; null if they are loaded or can be. */
  public static @Nullable String problem() {
    Marks marks = Marks.ofThisProcess();
    if (done || !marks.areKept() || marks.deaths().isEmpty()) {
      return null;
    }
    Vendors vendors = vendors();
    String problem = marks.problem(isOf(vendors), "one of the drivers");
    return problem == null
        ? null
        : problem
            + " ("
            + driver(vendors)
            + "); 'logitcl doctor' says which, and OCL_ICD_VENDORS can name the others; "
            + marks.remedy();
  }

  /** Forgets earlier deaths, because the drivers were loaded by a process that went on. */
  public static void forget() {
    Marks.ofThisProcess().forget(isOf(vendors()));
  }

  private static Vendors vendors() {
    return Vendors.of(Environment.variables(), Path.of("/"));
  }

  private static Predicate<Mark> isOf(Vendors vendors) {
    return mark -> mark.isOf(DEVICE, driver(vendors)) && !vendors.changedAfter(mark.since());
  }

  /**
   * The list as a mark has it, which has room for short texts only: of a long one, a digest too.
   */
  private static String driver(Vendors vendors) {
    String list = String.join(", ", vendors.libraries());
    return list.length() <= READABLE
        ? list
        : list.substring(0, READABLE) + " ... " + BinaryFile.name(list);
  }
}
