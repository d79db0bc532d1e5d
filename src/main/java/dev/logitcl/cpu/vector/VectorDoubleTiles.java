package dev.logitcl.cpu.vector;

import static dev.logitcl.cpu.vector.DoubleVectors.S;
import static dev.logitcl.cpu.vector.DoubleVectors.V;

import dev.logitcl.cpu.TilePrimitives;
import jdk.incubator.vector.DoubleVector;

/**
 * The loops on tiles of doubles, on {@code jdk.incubator.vector}: a row of a tile is two vectors.
 */
final class VectorDoubleTiles implements TilePrimitives<double[]> {
  private static final int COLS = 2 * V;

  @Override
  public int cols() {
    return COLS;
  }

  @Override
  public void multiply(
      double[] a, int aFrom, double[] b, int bFrom, int terms, double[] tile, int to) {
    multiply1(a, aFrom, b, bFrom, bFrom + terms * COLS, tile, to);
  }

  /**
   * The loop counts elements of b. Where it counted terms, or elements of a, HotSpot unrolled it
   * otherwise on some JVMs, ran out of registers, and took twice as long.
   *
   * <p>Behind the loop HotSpot no longer knows of which class its sums are, and boxes them where
   * the JVM has met vectors of another length before. The sum with a vector whose class it knows is
   * one again.
   */
  private static void multiply1(
      double[] a, int i, double[] b, int j, int end, double[] tile, int to) {
    DoubleVector zero = DoubleVector.zero(S);
    DoubleVector c00 = zero;
    DoubleVector c01 = c00;
    DoubleVector c10 = c00;
    DoubleVector c11 = c00;
    DoubleVector c20 = c00;
    DoubleVector c21 = c00;
    DoubleVector c30 = c00;
    DoubleVector c31 = c00;
    for (; j < end; j += COLS) {
      DoubleVector b0 = DoubleVector.fromArray(S, b, j);
      DoubleVector b1 = DoubleVector.fromArray(S, b, j + V);
      DoubleVector a0 = DoubleVector.broadcast(S, a[i]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      DoubleVector a1 = DoubleVector.broadcast(S, a[i + 1]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      DoubleVector a2 = DoubleVector.broadcast(S, a[i + 2]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      DoubleVector a3 = DoubleVector.broadcast(S, a[i + 3]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      i += ROWS;
    }
    zero.add(c00).intoArray(tile, to);
    zero.add(c01).intoArray(tile, to + V);
    zero.add(c10).intoArray(tile, to + 2 * V);
    zero.add(c11).intoArray(tile, to + 3 * V);
    zero.add(c20).intoArray(tile, to + 4 * V);
    zero.add(c21).intoArray(tile, to + 5 * V);
    zero.add(c30).intoArray(tile, to + 6 * V);
    zero.add(c31).intoArray(tile, to + 7 * V);
  }

  @Override
  public void add(double[] part, double[] sum, double[] lost, int at) {
    add1(part, ROWS * COLS, sum, lost, at);
  }

  private static void add1(double[] part, int end, double[] sum, double[] lost, int at) {
    for (int k = 0; k < end; k += V) {
      DoubleVector more = DoubleVector.fromArray(S, part, k);
      DoubleVector before = DoubleVector.fromArray(S, sum, at + k);
      DoubleVector next = before.add(more);
      DoubleVector added = next.sub(before);
      DoubleVector error = before.sub(next.sub(added)).add(more.sub(added));
      DoubleVector.fromArray(S, lost, at + k).add(error).intoArray(lost, at + k);
      next.intoArray(sum, at + k);
    }
  }
}
