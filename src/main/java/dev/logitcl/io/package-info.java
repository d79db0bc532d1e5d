/** Reads and writes NumPy's {@code .npy} files, buffer by buffer into and out of matrices. */
@NullMarked
package dev.logitcl.io;

import org.jspecify.annotations.NullMarked;
