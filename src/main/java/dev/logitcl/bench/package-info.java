/** Reference cases, the double-precision oracle, stopwatch and roofline. */
@NullMarked
package dev.logitcl.bench;

import org.jspecify.annotations.NullMarked;
