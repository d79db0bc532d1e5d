/**
 * The operations on matrices as values. Each record is one call: it names its operands, carries its
 * options, and is checked when it is made. {@link dev.logitcl.backend.Backend#run} runs it. {@link
 * dev.logitcl.op.RowOp} has the notation of the formulas and the rules that all calls share.
 */
@NullMarked
package dev.logitcl.op;

import org.jspecify.annotations.NullMarked;
