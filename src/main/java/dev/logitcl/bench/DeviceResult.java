package dev.logitcl.bench;

import java.util.List;

/**
 * A device's part of a {@link Report}.
 *
 * @param id the device
 * @param kind {@code gpu}, {@code cpu} or {@code java}
 * @param name its name
 * @param driver its driver
 * @param copyGBps bytes read and written per nanosecond by a copy, median over the run; 0 if it was
 *     not measured
 * @param readGBps bytes per nanosecond of a read, likewise
 * @param triadGBps bytes per nanosecond of two reads and a write, likewise
 * @param results the measurements, by shape and then by operation
 */
public record DeviceResult(
    String id,
    String kind,
    String name,
    String driver,
    double copyGBps,
    double readGBps,
    double triadGBps,
    List<Measurement> results) {

  /** The three bandwidths. */
  public Roofs roofs() {
    return new Roofs(copyGBps, readGBps, triadGBps);
  }
}
