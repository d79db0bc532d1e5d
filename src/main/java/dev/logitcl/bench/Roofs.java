package dev.logitcl.bench;

/**
 * The speeds that a device's memory allows, as measured; 0 for one that was not measured.
 *
 * @param copyGBps bytes read and written per nanosecond by a copy
 * @param readGBps bytes per nanosecond of reads alone
 * @param triadGBps bytes per nanosecond with two reads to a write
 */
public record Roofs(double copyGBps, double readGBps, double triadGBps) {

  /** The one for a mix. */
  public double of(Mix mix) {
    return switch (mix) {
      case READ -> readGBps;
      case COPY -> copyGBps;
      case TRIAD -> triadGBps;
    };
  }

  /** A bandwidth in percent of a roof; 0 if the roof is unknown. */
  static double percent(double gbps, double roof) {
    return roof > 0 ? 100 * gbps / roof : 0;
  }
}
