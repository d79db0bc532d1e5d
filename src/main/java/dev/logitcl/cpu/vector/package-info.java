/** The row primitives on {@code jdk.incubator.vector}; loaded only where that module is. */
@NullMarked
package dev.logitcl.cpu.vector;

import org.jspecify.annotations.NullMarked;
