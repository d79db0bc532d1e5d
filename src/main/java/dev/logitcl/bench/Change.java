package dev.logitcl.bench;

/**
 * One case in two reports.
 *
 * <p>A ratio is new speed over old: 0.5 is half as fast. Two of them are told: of the times as they
 * are, and of the fractions of the roof that was measured in the same run. The second one decides
 * where memory is the limit, because a machine whose memory is slower today says nothing about the
 * code; elsewhere (short calls, operands in a cache, arithmetic) the roof does not matter and the
 * times decide. Memory counts as the limit where a call moves {@link #UNCACHED} bytes or more and
 * reaches half of its roof in either report.
 *
 * <p>A change is beyond the noise if each report's median lies outside the other's span from the
 * shortest time to the 90th percentile, if it is {@link #LEAST} at least, and if the ratio that
 * does not decide points the same way: where they contradict each other, the machine has changed.
 * Where the roof decides, the new times are first brought to the old roof. A time that has not
 * settled in its report is no time to compare.
 *
 * @param before the old measurement
 * @param after the new one
 * @param time ratio of the median times
 * @param fraction ratio of the fractions of the roof; 0 if a roof is unknown
 * @param roofDecides whether the second ratio is the one that counts
 * @param verdict what changed
 */
public record Change(
    Measurement before,
    Measurement after,
    double time,
    double fraction,
    boolean roofDecides,
    Verdict verdict) {

  /** 64 MiB: twice a server's 32 MiB of L3, more than an H100's 50 MiB of L2. */
  static final double UNCACHED = 64 << 20;

  /** In percent of a roof. */
  private static final double NEAR_ROOF = 50;

  /**
   * The least difference that counts: medians of one program differ by as much from one process to
   * the next, because memory lies elsewhere, and a run's own spread cannot show that.
   */
  static final double LEAST = 0.05;

  /** The outcome for a case: faster, slower or neither. */
  public enum Verdict {
    /** Beyond the noise. */
    FASTER,
    /** Beyond the noise. */
    SLOWER,
    /** Nothing that can be told from noise. */
    SAME,
    /** In one of the reports the time had not settled: nothing can be told. */
    UNSETTLED
  }

  /** Compares two measurements of the same case. */
  static Change of(Measurement before, Roofs roofsBefore, Measurement after, Roofs roofsAfter) {
    double time = (double) before.medianNs() / after.medianNs();
    double roofBefore = after.mix().map(roofsBefore::of).orElse(0.0);
    double roofAfter = after.mix().map(roofsAfter::of).orElse(0.0);
    boolean known = roofBefore > 0 && roofAfter > 0;
    double fraction = known ? time * roofBefore / roofAfter : 0;
    double bytes = after.gbps() * after.medianNs();
    boolean nearRoof =
        known
            && Math.max(
                    Roofs.percent(before.gbps(), roofBefore),
                    Roofs.percent(after.gbps(), roofAfter))
                >= NEAR_ROOF;
    boolean roofDecides = nearRoof && bytes >= UNCACHED;
    double scale = roofDecides ? roofAfter / roofBefore : 1;
    Verdict verdict = verdict(before, after, scale);
    double other = !known ? Double.NaN : roofDecides ? time : fraction;
    if ((verdict == Verdict.SLOWER && other >= 1) || (verdict == Verdict.FASTER && other <= 1)) {
      verdict = Verdict.SAME;
    }
    if (!before.settled() || !after.settled()) {
      verdict = Verdict.UNSETTLED;
    }
    return new Change(before, after, time, fraction, roofDecides, verdict);
  }

  private static Verdict verdict(Measurement before, Measurement after, double scale) {
    double median = after.medianNs() * scale;
    if (median > before.p90Ns()
        && before.medianNs() < after.minNs() * scale
        && before.medianNs() < median * (1 - LEAST)) {
      return Verdict.SLOWER;
    }
    if (median < before.minNs()
        && before.medianNs() > after.p90Ns() * scale
        && before.medianNs() * (1 - LEAST) > median) {
      return Verdict.FASTER;
    }
    return Verdict.SAME;
  }

  /** The ratio that counts. */
  public double ratio() {
    return roofDecides ? fraction : time;
  }
}
