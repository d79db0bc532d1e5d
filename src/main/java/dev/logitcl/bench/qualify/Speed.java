package dev.logitcl.bench.qualify;

/**
 * How fast a device's memory, its link to the host, or its launches are.
 *
 * @param what {@code read}, {@code copy} or {@code triad} of memory that no cache holds; the launch
 *     of a kernel that does next to nothing, until it is done, or for each of many that are
 *     launched before the host waits; {@code to the device}, {@code from the device}
 * @param bytes that are moved at a time; 0 for launches, and where the bandwidth alone is known
 * @param nanos median time; 0 where the bandwidth alone is known
 * @param gbps bytes per nanosecond; 0 for launches
 */
public record Speed(String what, long bytes, long nanos, double gbps) {
  static Speed roof(String what, double gbps) {
    return new Speed(what, 0, 0, gbps);
  }

  static Speed moving(String what, long bytes, long nanos) {
    return new Speed(what, bytes, nanos, (double) bytes / Math.max(1, nanos));
  }

  static Speed launching(String what, long nanos) {
    return new Speed(what, 0, nanos, 0);
  }
}
