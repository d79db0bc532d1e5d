/**
 * The entry points of LogitCL: softmax, log-softmax, logsumexp, cross-entropy and their kin on
 * OpenCL devices and on the JVM. {@link dev.logitcl.Backends} picks a device and opens a backend,
 * {@link dev.logitcl.Rows}, {@link dev.logitcl.Tensors} and {@link dev.logitcl.LinearHead} compute
 * on host arrays, and {@link dev.logitcl.AsyncBackend} queues the calls of many threads. Operations
 * on matrices that stay on a device are the records of {@link dev.logitcl.op}.
 *
 * <p>In all packages null is allowed only where a type is marked {@code @Nullable}. Anywhere else
 * it leads to a {@link NullPointerException}.
 */
@NullMarked
package dev.logitcl;

import org.jspecify.annotations.NullMarked;
