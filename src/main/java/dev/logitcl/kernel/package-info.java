/** Kernel sources, the dispatch table, geometries and build options; needs no driver. */
@NullMarked
package dev.logitcl.kernel;

import org.jspecify.annotations.NullMarked;
