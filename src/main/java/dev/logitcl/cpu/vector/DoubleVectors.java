package dev.logitcl.cpu.vector;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The length of vectors of doubles, and the constants of their {@code exp} and {@code log1p}. */
final class DoubleVectors {
  /** The longest vectors that the processor has. */
  static final VectorSpecies<Double> S = DoubleVector.SPECIES_PREFERRED;

  /** Vectors of as many longs: the bits of the doubles. */
  static final VectorSpecies<Long> S_LONG = LongVector.SPECIES_PREFERRED;

  /** Whether there are vectors of as many floats: none has less than 64 bits. */
  static final boolean HAVE_FLOATS = S.vectorBitSize() >= 128;

  /** Vectors of as many floats. */
  static final VectorSpecies<Float> S_FLOAT =
      VectorSpecies.of(
          float.class,
          VectorShape.forBitSize(HAVE_FLOATS ? S.vectorBitSize() / 2 : S.vectorBitSize()));

  /** Elements of such a vector. */
  static final int V = S.length();

  /**
   * Whether comparisons are fast: HotSpot has masks of four lanes and more, and boxes smaller ones.
   */
  static final boolean MASKS = V > 2;

  // exp(x) = 2^n (1 + r + r^2 (..)), n = round(x / log(2)), r = x - n log(2) in two steps (Cody and
  // Waite); polynomial of degree 11 with a relative error below 1e-17.

  /** -1023 log(2): n is -1023 from here down, 2^n is put together as 0, and so is the result. */
  static final double FLOOR = -0x1.628b76e3a7b61p9;

  /** 1024 log(2): n is 1024 from here up, and 2^n is put together as infinity. */
  static final double CEILING = 0x1.62e42fefa39efp9;

  static final double LOG2E = 0x1.71547652b82fep0;

  /** Adding it rounds to an integer, which is then in the low bits, more by the exponent's bias. */
  static final double ROUND = 0x1.8p52 + 1023;

  /** The first 33 bits of log(2): its multiples are exact. */
  static final double LN2_HIGH = 0x1.62e42feep-1;

  static final double LN2_LOW = 0x1.a39ef35793c76p-33;
  static final double C11 = 0x1.af47196911c1cp-26;
  static final double C10 = 0x1.28b23c035de3dp-22;
  static final double C9 = 0x1.71de072aec8c7p-19;
  static final double C8 = 0x1.a01995d77d9a4p-16;
  static final double C7 = 0x1.a01a01a961c90p-13;
  static final double C6 = 0x1.6c16c1852510cp-10;
  static final double C5 = 0x1.1111111110910p-7;
  static final double C4 = 0x1.5555555550846p-5;
  static final double C3 = 0x1.5555555555555p-3;
  static final double C2 = 0x1.0000000000008p-1;

  // log(1 + x) = k log(2) + log(1 + f) with f from sqrt(1/2) - 1 to sqrt(2) - 1, and log(1 + f) =
  // 2 atanh(f / (2 + f)); the polynomial of FreeBSD's msun.

  /** sqrt(2) - 1: from here on half of 1 + x is taken. */
  static final double HALVED = 0x1.a827999fcef32p-2;

  /** sqrt(1/2): numbers from here to sqrt(2) have the exponent 0. */
  static final double LOWEST = 0x1.6a09e667f3bcdp-1;

  /** Its last bit is 1: a small integer in its low bits is added to it. */
  static final double INTEGER = 0x1p52;

  static final double L1 = 0x1.5555555555593p-1;
  static final double L2 = 0x1.999999997fa04p-2;
  static final double L3 = 0x1.2492494229359p-2;
  static final double L4 = 0x1.c71c51d8e78afp-3;
  static final double L5 = 0x1.7466496cb03dep-3;
  static final double L6 = 0x1.39a09d078c69fp-3;
  static final double L7 = 0x1.2f112df3e5244p-3;

  private DoubleVectors() {}
}
