/** NumPy's {@code .npy} files. */
@NullMarked
package dev.logitcl.io;

import org.jspecify.annotations.NullMarked;
