/**
 * Cuts calls into parts of their rows, or of their columns, for data that one device cannot hold
 * and for several devices that compute together.
 */
@NullMarked
package dev.logitcl.split;

import org.jspecify.annotations.NullMarked;
