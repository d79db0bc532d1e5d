package dev.logitcl.cpu.vector;

import static dev.logitcl.cpu.vector.FloatVectors.S;
import static dev.logitcl.cpu.vector.FloatVectors.V;

import dev.logitcl.cpu.TilePrimitives;
import jdk.incubator.vector.FloatVector;

/**
 * The loops on tiles of floats, on {@code jdk.incubator.vector}: a row of a tile is two vectors.
 */
final class VectorFloatTiles implements TilePrimitives<float[]> {
  private static final int COLS = 2 * V;

  @Override
  public int cols() {
    return COLS;
  }

  @Override
  public void multiply(
      float[] a, int aFrom, float[] b, int bFrom, int terms, float[] tile, int to) {
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
  private static void multiply1(float[] a, int i, float[] b, int j, int end, float[] tile, int to) {
    FloatVector zero = FloatVector.zero(S);
    FloatVector c00 = zero;
    FloatVector c01 = c00;
    FloatVector c10 = c00;
    FloatVector c11 = c00;
    FloatVector c20 = c00;
    FloatVector c21 = c00;
    FloatVector c30 = c00;
    FloatVector c31 = c00;
    for (; j < end; j += COLS) {
      FloatVector b0 = FloatVector.fromArray(S, b, j);
      FloatVector b1 = FloatVector.fromArray(S, b, j + V);
      FloatVector a0 = FloatVector.broadcast(S, a[i]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = FloatVector.broadcast(S, a[i + 1]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = FloatVector.broadcast(S, a[i + 2]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = FloatVector.broadcast(S, a[i + 3]);
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
  public void add(float[] part, float[] sum, float[] lost, int at) {
    add1(part, ROWS * COLS, sum, lost, at);
  }

  private static void add1(float[] part, int end, float[] sum, float[] lost, int at) {
    for (int k = 0; k < end; k += V) {
      FloatVector more = FloatVector.fromArray(S, part, k);
      FloatVector before = FloatVector.fromArray(S, sum, at + k);
      FloatVector next = before.add(more);
      FloatVector added = next.sub(before);
      FloatVector error = before.sub(next.sub(added)).add(more.sub(added));
      FloatVector.fromArray(S, lost, at + k).add(error).intoArray(lost, at + k);
      next.intoArray(sum, at + k);
    }
  }
}
