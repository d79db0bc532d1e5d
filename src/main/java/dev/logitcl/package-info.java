/**
 * Entry points: pick a device ({@link dev.logitcl.Backends}), compute on host arrays ({@link
 * dev.logitcl.Rows}).
 */
@NullMarked
package dev.logitcl;

import org.jspecify.annotations.NullMarked;
