/** The operations as values: each record is one call with validated operands. */
@NullMarked
package dev.logitcl.op;

import org.jspecify.annotations.NullMarked;
