package dev.logitcl.cpu.vector;

import dev.logitcl.matrix.Codec;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Float16 to floats and back by {@code Float.float16ToFloat} and {@code Float.floatToFloat16},
 * which Java has from version 20 on. HotSpot makes one instruction for several elements of such a
 * loop where the processor has it: 0.04 and 0.05 ns an element on an EPYC and Java 25, where the
 * loops of {@link VectorHalves} take 0.16 and 0.24.
 */
final class JdkHalves {
  private static final boolean EXIST = Runtime.version().feature() >= 20;
  private static final MethodHandle TO_FLOAT = find("float16ToFloat", float.class, short.class);
  private static final MethodHandle TO_HALF = find("floatToFloat16", short.class, float.class);

  private JdkHalves() {}

  private static MethodHandle find(String name, Class<?> result, Class<?> argument) {
    MethodType type = MethodType.methodType(result, argument);
    try {
      return EXIST
          ? MethodHandles.lookup().findStatic(Float.class, name, type)
          : MethodHandles.empty(type);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("Java 20 has Float." + name, e);
    }
  }

  /**
   * Whether they convert a type fast. Processors with vectors of eight floats have the instruction;
   * of others nothing was measured.
   */
  static boolean serve(Codec type) {
    return EXIST && FloatVectors.V >= 8 && type.maxExponent() == 15 && type.precision() == 11;
  }

  static void widen(short[] x, int k, int end, float[] y, int toY) {
    try {
      for (; k < end; k++) {
        y[toY + k] = (float) TO_FLOAT.invokeExact(x[k]);
      }
    } catch (Throwable e) {
      throw new AssertionError("float16ToFloat throws nothing", e);
    }
  }

  static void narrow(float[] x, int k, int end, short[] y, int toY) {
    try {
      for (; k < end; k++) {
        y[toY + k] = (short) TO_HALF.invokeExact(x[k]);
      }
    } catch (Throwable e) {
      throw new AssertionError("floatToFloat16 throws nothing", e);
    }
  }
}
