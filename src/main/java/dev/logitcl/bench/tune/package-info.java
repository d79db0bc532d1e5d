/** Measures the candidates for the dispatch table's rows on a device and picks the winners. */
@NullMarked
package dev.logitcl.bench.tune;

import org.jspecify.annotations.NullMarked;
