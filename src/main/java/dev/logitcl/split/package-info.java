/** Calls that are cut by rows, or by columns, for what one device cannot hold or do alone. */
@NullMarked
package dev.logitcl.split;

import org.jspecify.annotations.NullMarked;
