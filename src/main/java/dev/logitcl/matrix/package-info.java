/** Matrices in a backend's memory: shape, element type, host transfers. */
@NullMarked
package dev.logitcl.matrix;

import org.jspecify.annotations.NullMarked;
