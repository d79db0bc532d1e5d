package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Rows;
import dev.logitcl.Tensors;
import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Elements;
import dev.logitcl.matrix.Half;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;
import dev.logitcl.opencl.TestDevices;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every method of {@link Rows} and {@link Tensors} on {@link Elements}, wherever they lie, has the
 * results of the method on arrays, to the bit.
 */
final class ElementsDoorTest {
  /** Elements in front of the first one and behind the last one, which stay. */
  private static final int AROUND = 3;

  private static final double OUTSIDE = -77;

  /** Where elements lie. */
  enum Place {
    ARRAY,
    SLICE_OF_ARRAY,
    READ_ONLY,
    DIRECT,
    OTHER_ORDER,
    NATIVE_SEGMENT,
    SEGMENT_OF_ARRAY;

    boolean exists() {
      return Runtime.version().feature() >= 22
          || (this != NATIVE_SEGMENT && this != SEGMENT_OF_ARRAY);
    }
  }

  /** Numbers in some place, with others around them. */
  private static final class Placed {
    private final Object array;
    private final ByteBuffer bytes;
    private final boolean inArray;
    private final int n;
    final Elements elements;

    Placed(Place given, Object values, boolean written) {
      Place place = given == Place.READ_ONLY && written ? Place.DIRECT : given;
      boolean isDouble = values instanceof double[];
      this.n = Array.getLength(values);
      int around = place == Place.ARRAY ? 0 : AROUND;
      int all = n + 2 * around;
      this.inArray =
          place == Place.ARRAY
              || place == Place.SLICE_OF_ARRAY
              || place == Place.READ_ONLY
              || place == Place.SEGMENT_OF_ARRAY;
      this.array = isDouble ? new double[all] : new float[all];
      this.bytes =
          ByteBuffer.allocateDirect(all * 8)
              .order(
                  place == Place.OTHER_ORDER == (ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN)
                      ? ByteOrder.BIG_ENDIAN
                      : ByteOrder.LITTLE_ENDIAN);
      for (int k = 0; k < all; k++) {
        boolean inside = k >= around && k < around + n;
        set(isDouble, k, inside ? Array.getDouble(values, k - around) : OUTSIDE);
      }
      this.elements = isDouble ? ofDoubles(place, around) : ofFloats(place, around);
    }

    private void set(boolean isDouble, int k, double value) {
      if (isDouble) {
        ((double[]) array)[k] = value;
        bytes.putDouble(8 * k, value);
      } else {
        ((float[]) array)[k] = (float) value;
        bytes.putFloat(4 * k, (float) value);
      }
    }

    private Elements ofFloats(Place place, int around) {
      float[] floats = (float[]) array;
      FloatBuffer direct = bytes.asFloatBuffer().position(around).limit(around + n);
      FloatBuffer heap = FloatBuffer.wrap(floats, around, n);
      return switch (place) {
        case ARRAY -> Elements.of(floats);
        case SLICE_OF_ARRAY -> Elements.of(heap);
        case READ_ONLY -> Elements.of(heap.asReadOnlyBuffer());
        case DIRECT, OTHER_ORDER -> Elements.of(direct);
        case NATIVE_SEGMENT, SEGMENT_OF_ARRAY ->
            Elements.ofSegment(
                TestSegments.of(place == Place.NATIVE_SEGMENT ? direct : heap), DType.F32);
      };
    }

    private Elements ofDoubles(Place place, int around) {
      double[] doubles = (double[]) array;
      DoubleBuffer direct = bytes.asDoubleBuffer().position(around).limit(around + n);
      DoubleBuffer heap = DoubleBuffer.wrap(doubles, around, n);
      return switch (place) {
        case ARRAY -> Elements.of(doubles);
        case SLICE_OF_ARRAY -> Elements.of(heap);
        case READ_ONLY -> Elements.of(heap.asReadOnlyBuffer());
        case DIRECT, OTHER_ORDER -> Elements.of(direct);
        case NATIVE_SEGMENT, SEGMENT_OF_ARRAY ->
            Elements.ofSegment(
                TestSegments.of(place == Place.NATIVE_SEGMENT ? direct : heap), DType.F64);
      };
    }

    /** The numbers as they are now; those around them are as they were. */
    double[] now() {
      boolean isDouble = array instanceof double[];
      int all = Array.getLength(array);
      double[] now = new double[all];
      for (int k = 0; k < all; k++) {
        now[k] =
            inArray
                ? Array.getDouble(array, k)
                : isDouble ? bytes.getDouble(8 * k) : bytes.getFloat(4 * k);
      }
      int around = (all - n) / 2;
      for (int k = 0; k < around; k++) {
        assertEquals(OUTSIDE, now[k]);
        assertEquals(OUTSIDE, now[all - 1 - k]);
      }
      return Arrays.copyOfRange(now, around, around + n);
    }
  }

  /** The methods of a door on elements that have a like on arrays. */
  private static List<Method> methods(Class<?> door) {
    return Arrays.stream(door.getDeclaredMethods())
        .filter(method -> method.getReturnType() == void.class)
        .filter(method -> List.of(method.getParameterTypes()).contains(Elements.class))
        .toList();
  }

  @Test
  void thereAreAsManyAsOnFloats() {
    for (Class<?> door : List.of(Rows.class, Tensors.class)) {
      long onFloats =
          Arrays.stream(door.getDeclaredMethods())
              .filter(method -> List.of(method.getParameterTypes()).contains(float[].class))
              .filter(method -> !method.getName().matches("rowStats|tokenLogProbs|on|axes"))
              .filter(method -> java.lang.reflect.Modifier.isPublic(method.getModifiers()))
              .count();
      // The gradient of nll with dloss left out has its floats in the result alone.
      assertEquals(onFloats + 1, methods(door).size());
    }
  }

  /** Runs each method on arrays, and on elements in a place. */
  private static void check(Object door, Place place, Class<?> type, int[] dims, Axes axes)
      throws ReflectiveOperationException {
    Random random = new Random(11);
    int elements = Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    int rows = (int) axes.shape().rows();
    for (Method method : methods(door.getClass())) {
      Parameter[] parameters = method.getParameters();
      int results = method.getName().equals("crossEntropyWithGradient") ? 2 : 1;
      List<Object> onArrays = new ArrayList<>();
      List<Object> onElements = new ArrayList<>();
      List<Placed> placed = new ArrayList<>();
      for (int k = 0; k < parameters.length; k++) {
        Parameter parameter = parameters[k];
        boolean isResult = k >= parameters.length - results;
        if (parameter.getType() == Elements.class) {
          boolean perRow = parameter.getName().matches("lse|dlse|loss|dloss");
          Object values = Array.newInstance(type, perRow ? rows : elements);
          for (int i = 0; !isResult && i < Array.getLength(values); i++) {
            if (type == double.class) {
              Array.setDouble(values, i, random.nextDouble());
            } else {
              Array.setFloat(values, i, random.nextFloat());
            }
          }
          Placed one = new Placed(place, values, isResult);
          onElements.add(one.elements);
          if (isResult) {
            placed.add(one);
          } else {
            onArrays.add(values);
          }
        } else {
          Object given =
              parameter.getType() == int[].class
                  ? random.ints(rows, 0, (int) axes.shape().cols()).toArray()
                  : parameter.getType() == CrossEntropyOptions.class
                      ? CrossEntropyOptions.DEFAULT.with(Reduction.NONE)
                      : parameter.getType() == Axes.class
                          ? axes
                          : parameter.getName().equals("rows") ? (Object) (long) dims[0] : dims[1];
          onArrays.add(given);
          onElements.add(given);
        }
      }
      Object expected = call(like(door.getClass(), method, type, results), door, onArrays);
      call(method, door, onElements);
      List<Object> all =
          expected instanceof Rows.LossAndGradient both
              ? List.of(both.loss(), both.gradient())
              : expected instanceof Rows.LossAndGradientInDouble both
                  ? List.of(both.loss(), both.gradient())
                  : List.of(expected);
      for (int k = 0; k < results; k++) {
        assertArrayEquals(doubles(all.get(k)), placed.get(k).now(), method + " " + place);
      }
    }
  }

  private static double[] doubles(Object array) {
    double[] doubles = new double[Array.getLength(array)];
    Arrays.setAll(doubles, k -> Array.getDouble(array, k));
    return doubles;
  }

  private static Object call(Method method, Object door, List<Object> arguments)
      throws ReflectiveOperationException {
    try {
      return method.invoke(door, arguments.toArray());
    } catch (InvocationTargetException e) {
      throw new AssertionError(method + " on " + arguments, e.getCause());
    }
  }

  /** The method on arrays, which returns its results. */
  private static Method like(Class<?> door, Method method, Class<?> type, int results)
      throws NoSuchMethodException {
    Class<?>[] types =
        Arrays.stream(method.getParameterTypes())
            .limit(method.getParameterCount() - results)
            .map(one -> one == Elements.class ? Array.newInstance(type, 0).getClass() : one)
            .toArray(Class<?>[]::new);
    boolean withoutDloss = method.getName().equals("nllBackward") && types[0] == int[].class;
    if (withoutDloss && type == double.class) { // exists in float32 alone: its result's type
      Class<?>[] withDloss =
          Stream.concat(Stream.of(double[].class), Arrays.stream(types)).toArray(Class<?>[]::new);
      return door.getMethod(method.getName(), withDloss);
    }
    return door.getMethod(method.getName(), types);
  }

  private static void everything(Backend backend, Place place, int rows, int cols)
      throws ReflectiveOperationException {
    Assumptions.assumeTrue(place.exists());
    int[] dims = {rows, cols};
    check(Rows.on(backend), place, float.class, dims, Axes.of(new long[] {rows, cols}, 1));
  }

  @ParameterizedTest
  @EnumSource
  void onTheJavaPath(Place place) throws ReflectiveOperationException {
    try (Backend java = new CpuBackend()) {
      everything(java, place, 7, 13);
      everything(java, place, 90, 3001); // in several parts where they are copied
      everything(java, place, 0, 5);
    }
  }

  @ParameterizedTest
  @EnumSource
  void tensorsOnTheJavaPath(Place place) throws ReflectiveOperationException {
    Assumptions.assumeTrue(place.exists());
    try (Backend java = new CpuBackend()) {
      Tensors tensors = Tensors.on(java);
      int[] dims = {4, 5, 6};
      long[] same = {4, 5, 6};
      check(tensors, place, float.class, dims, Axes.of(same, 1)); // strided
      check(tensors, place, float.class, dims, Axes.of(same, 0, 2)); // apart
      check(
          tensors, place, float.class, new int[] {30, 40, 50}, Axes.of(new long[] {30, 40, 50}, 1));
    }
  }

  @ParameterizedTest
  @EnumSource
  @Tag("kernels")
  @Tag("turn-1")
  void onADevice(Place place) throws ReflectiveOperationException {
    try (Backend device = TestDevices.open()) {
      everything(device, place, 7, 13);
    }
  }

  @Test
  void doublesToo() {
    float[] x = {1, 2, 3, 4, 5, 6};
    double[] inDouble = {1, 2, 3, 4, 5, 6};
    DoubleBuffer direct =
        ByteBuffer.allocateDirect(48).order(ByteOrder.nativeOrder()).asDoubleBuffer();
    direct.put(inDouble).flip();
    double[] y = new double[6];
    try (Backend java = new CpuBackend()) {
      Rows rows = Rows.on(java);
      rows.logSoftmax(Elements.of(direct), 2, 3, Elements.of(y));
      assertArrayEquals(rows.logSoftmax(inDouble, 2, 3), y);
      assertEquals(0, direct.position());
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> rows.logSoftmax(Elements.of(x), 2, 3, Elements.of(y)));
      assertTrue(e.getMessage().contains("y has element type F64, expected F32"), e.getMessage());
    }
  }

  /** Halves: tensors of their type, and float32 per row. */
  @Test
  void halvesToo() {
    float[] x = {1, 2, 3, 4, 5, 6.5f};
    short[] bits = new short[6];
    for (int k = 0; k < 6; k++) {
      bits[k] = Half.of(x[k]);
    }
    ShortBuffer y = ByteBuffer.allocateDirect(12).order(ByteOrder.nativeOrder()).asShortBuffer();
    float[] lse = new float[2];
    try (Backend java = new CpuBackend()) {
      Rows rows = Rows.on(java);
      rows.softmax(Elements.of(bits, DType.F16), 2, 3, Elements.of(y, DType.F16));
      rows.logSumExp(Elements.of(bits, DType.F16), 2, 3, Elements.of(lse));
      float[] expected = rows.softmax(x, 2, 3);
      for (int k = 0; k < 6; k++) {
        assertEquals(expected[k], Half.toFloat(y.get(k)), 3e-4, "element " + k);
      }
      assertArrayEquals(rows.logSumExp(x, 2, 3), lse, 1e-6f);
    }
  }

  @Test
  void tokensAndStatisticsToo() {
    Random random = new Random(2);
    float[] x = new float[300 * 1000];
    FloatBuffer direct =
        ByteBuffer.allocateDirect(4 * x.length).order(ByteOrder.nativeOrder()).asFloatBuffer();
    for (int k = 0; k < x.length; k++) {
      x[k] = (float) random.nextGaussian();
      direct.put(k, x[k]);
    }
    int[] chosen = random.ints(300, 0, 1000).toArray();
    try (Backend java = new CpuBackend()) {
      Rows rows = Rows.on(java);
      assertEquals(
          List.of(rows.rowStats(x, 300, 1000)),
          List.of(rows.rowStats(Elements.of(direct), 300, 1000)));
      var expected = rows.tokenLogProbs(x, 300, 1000, chosen, 4);
      var found = rows.tokenLogProbs(Elements.of(direct.asReadOnlyBuffer()), 300, 1000, chosen, 4);
      assertArrayEquals(expected.logProb(), found.logProb());
      assertArrayEquals(expected.rank(), found.rank());
      assertArrayEquals(expected.top(), found.top());
      assertArrayEquals(expected.entropy(), found.entropy());
      double[] inDouble = doubles(x);
      var ofDoubles = rows.tokenLogProbs(Elements.of(inDouble), 300, 1000, chosen, 4);
      assertArrayEquals(expected.top(), ofDoubles.top());
      assertArrayEquals(expected.logProb(), ofDoubles.logProb(), 2e-6f);
    }
  }

  private static FloatBuffer direct(int n) {
    return ByteBuffer.allocateDirect(4 * n).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  @Test
  void inPlace() {
    float[] x = {1, 2, 3, 4, 5, 6};
    FloatBuffer direct = direct(6).put(x).flip();
    try (Backend java = new CpuBackend()) {
      Rows rows = Rows.on(java);
      float[] expected = rows.softmax(x, 2, 3);
      Elements all = Elements.of(direct);
      rows.softmax(all, 2, 3, all);
      float[] found = new float[6];
      direct.get(found);
      assertArrayEquals(expected, found);
      rows.softmax(Elements.of(x), 2, 3, Elements.of(FloatBuffer.wrap(x)));
      assertArrayEquals(expected, x);
    }
  }

  @Test
  @Tag("kernels")
  @Tag("turn-1")
  void inPlaceOnADevice() {
    float[] x = {1, 2, 3, 4, 5, 6};
    try (Backend device = TestDevices.open()) {
      Rows rows = Rows.on(device);
      float[] expected = rows.softmax(x, 2, 3);
      rows.softmax(Elements.of(x), 2, 3, Elements.of(x));
      assertArrayEquals(expected, x);
      overlapsAreRefused(rows);
    }
  }

  @Test
  void whatIsRefused() {
    try (Backend java = new CpuBackend()) {
      Rows rows = Rows.on(java);
      overlapsAreRefused(rows);
      Elements x = Elements.of(direct(6));
      refused(
          "y is read-only, expected memory for the result",
          () -> rows.softmax(x, 2, 3, Elements.of(direct(6).asReadOnlyBuffer())));
      refused(
          "y has 5 elements, expected 6 for the result on [2, 3]",
          () -> rows.softmax(x, 2, 3, Elements.of(direct(5))));
      refused(
          "x has 6 elements, expected 9 for a tensor of [3, 3]",
          () -> rows.softmax(x, 3, 3, Elements.of(direct(9))));
      refused(
          "short values for elements of type F32, expected F16 or BF16",
          () -> Elements.of(new short[1], DType.F32));
      assertThrows(NullPointerException.class, () -> rows.softmax((Elements) null, 2, 3, x));
      assertThrows(NullPointerException.class, () -> rows.softmax(x, 2, 3, null));
      assertThrows(NullPointerException.class, () -> Elements.of((float[]) null));
      refusedSegments();
    }
  }

  private static void overlapsAreRefused(Rows rows) {
    float[] array = new float[10];
    Elements first = Elements.of(FloatBuffer.wrap(array, 0, 6));
    Elements shifted = Elements.of(FloatBuffer.wrap(array, 3, 6));
    String message = "y shares memory with x and is not the same elements";
    refused(message, () -> rows.softmax(first, 2, 3, shifted));
    refused(message, () -> rows.softmax(shifted, 2, 3, first));
    FloatBuffer direct = direct(10);
    Elements whole = Elements.of(direct.limit(6));
    Elements behind = Elements.of(direct.limit(9).position(3));
    refused(message, () -> rows.softmax(whole, 2, 3, behind));
    if (Runtime.version().feature() >= 22) { // seen by their addresses
      Elements other = Elements.of(direct.duplicate().position(1).limit(7));
      refused(message, () -> rows.softmax(whole, 2, 3, other));
    }
  }

  private static void refusedSegments() {
    if (Runtime.version().feature() < 22) {
      UnsupportedOperationException e =
          assertThrows(
              UnsupportedOperationException.class, () -> Elements.ofSegment("", DType.F32));
      assertEquals(
          "memory segments need Java 22 or newer, and this is Java " + Runtime.version().feature(),
          e.getMessage());
      return;
    }
    refused(
        "found a java.lang.String, expected a MemorySegment",
        () -> Elements.ofSegment("", DType.F32));
    Object ofFloats = TestSegments.of(FloatBuffer.wrap(new float[4]));
    refused(
        "a segment of a float[], expected one of a double[]",
        () -> Elements.ofSegment(ofFloats, DType.F64));
    Object odd = TestSegments.of(ByteBuffer.allocateDirect(7));
    refused(
        "a segment of 7 bytes, expected a multiple of 4", () -> Elements.ofSegment(odd, DType.F32));
    refused(
        "elements of type I32, expected floating-point", () -> Elements.ofSegment(odd, DType.I32));
  }

  private static void refused(String message, Runnable call) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, call::run);
    assertEquals(message, e.getMessage());
  }

  /** What a call allocates in the heap does not grow with the memory that it reads. */
  @Test
  void allocatesNothingThatGrows() {
    try (Backend java = CpuBackend.scalar(1)) {
      Rows rows = Rows.on(java);
      for (boolean inArray : List.of(false, true)) {
        List<Long> allocated =
            Stream.of(1000, 1000, 4000)
                .map(n -> allocated(rows, n, inArray))
                .collect(Collectors.toList());
        long more = allocated.get(2) - allocated.get(1);
        // 24 MB more are read and written.
        assertTrue(more < 200_000, "1000 and 4000 rows of 1000: " + allocated);
      }
    }
  }

  private static long allocated(Rows rows, int n, boolean inArray) {
    Elements x = inArray ? Elements.of(new float[n * 1000]) : Elements.of(direct(n * 1000));
    Elements y = inArray ? Elements.of(new float[n * 1000]) : Elements.of(direct(n * 1000));
    var threads =
        (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    long id = Thread.currentThread().getId();
    long before = threads.getThreadAllocatedBytes(id);
    rows.logSoftmax(x, n, 1000, y);
    return threads.getThreadAllocatedBytes(id) - before;
  }
}
