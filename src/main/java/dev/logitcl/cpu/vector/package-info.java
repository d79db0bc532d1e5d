/**
 * The primitives on {@code jdk.incubator.vector}. They are loaded only where that module is.
 *
 * <p>Why they are written out: HotSpot's C2 gives up inlining once a method has grown to about 18
 * 000 nodes, and a vector that crosses a call that was not inlined is boxed, which makes a loop 5
 * to 7 times slower. So every hot loop has a static method of its own that calls nothing but the
 * JDK's vector methods (those are always inlined), {@code exp} stands in full in each of six, and a
 * loop has the form {@code for (; k < end; k += STEP)} with the bound computed before: {@code k +
 * STEP <= end} is 2.3 times slower on Java 25. Only the methods for {@code float[]} and {@code
 * double[]} are used, the ones that Java 17 and 25 have in common.
 *
 * <p>A caller must not swallow such a loop either: a loop that C2 compiled as a part of its caller
 * kept its vectors in registers or boxed them, 15 times slower, by chance and for as long as the
 * JVM ran. C2 never inlines a method of more than 325 bytes of bytecode (its FreqInlineSize), so
 * the loops with {@code exp} are longer than that: their polynomial is written a step per
 * statement. A test keeps watch over the size, and another one over what the loops in double
 * precision leave in the heap.
 *
 * <p>Loops run over whole vectors. What is left over at the end of a row is copied into a small
 * array, padded to a whole vector, and goes through the same loop: masks cost more than the copy,
 * and boxing again on Java 17 without AVX-512.
 */
@NullMarked
package dev.logitcl.cpu.vector;

import org.jspecify.annotations.NullMarked;
