package dev.logitcl.bench;

import java.util.Arrays;
import java.util.Optional;

/**
 * One operation on one shape and device.
 *
 * @param op the operation
 * @param pass {@code forward}, {@code backward} or {@code forward+backward}
 * @param rows number of rows
 * @param cols number of columns
 * @param dtype element type, {@code f32}
 * @param variant what ran, as in {@link dev.logitcl.backend.RunReport#variant}
 * @param medianNs median time of run and finish
 * @param minNs shortest time
 * @param p90Ns time that nine in ten samples keep below
 * @param samples how many were taken; 0 if the case failed
 * @param endToEndNs median time from host arrays to host arrays
 * @param gbps compulsory bytes per nanosecond of the median: each operand once, whatever was moved
 * @param gflops additions and multiplications of the operation's matrix products per nanosecond of
 *     the median; 0 for an operation without products
 * @param percentOfCopy gbps in percent of the device's copyGBps; 0 if that is unknown
 * @param roof which of the device's bandwidths is the operation's roof, by the proportion of its
 *     compulsory reads and writes: {@code read}, {@code copy} or {@code triad}; empty if the case
 *     failed
 * @param percentOfRoof gbps in percent of that; 0 if it is unknown
 * @param maxError largest absolute error against double precision; the largest double if a NaN or
 *     an infinity is wrong
 * @param ok whether all compared elements are within their tolerance
 * @param settled whether the time no longer fell: false where the JVM's compiler may have been busy
 *     to the end, so that the times are not those of a warm process
 */
public record Measurement(
    String op,
    String pass,
    long rows,
    long cols,
    String dtype,
    String variant,
    long medianNs,
    long minNs,
    long p90Ns,
    int samples,
    long endToEndNs,
    double gbps,
    double gflops,
    double percentOfCopy,
    String roof,
    double percentOfRoof,
    double maxError,
    boolean ok,
    boolean settled) {

  /** A case that did not run. */
  static Measurement failed(OpCase opCase, Inputs inputs) {
    return new Measurement(
        opCase.op(),
        opCase.pass(),
        inputs.rows(),
        inputs.cols(),
        inputs.dtype().label(),
        "",
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        "",
        0,
        Double.MAX_VALUE,
        false,
        true);
  }

  /** This measurement with its percentages of what the device allows. */
  Measurement against(Roofs roofs) {
    Optional<Mix> mix = mix();
    return new Measurement(
        op,
        pass,
        rows,
        cols,
        dtype,
        variant,
        medianNs,
        minNs,
        p90Ns,
        samples,
        endToEndNs,
        gbps,
        gflops,
        Roofs.percent(gbps, roofs.copyGBps()),
        roof,
        mix.map(m -> Roofs.percent(gbps, roofs.of(m))).orElse(0.0),
        maxError,
        ok,
        settled);
  }

  /** What {@link #roof} names; empty if it is none of them. */
  Optional<Mix> mix() {
    return Arrays.stream(Mix.values()).filter(mix -> mix.label().equals(roof)).findFirst();
  }
}
