/**
 * Systems from the literature, worked with the public API alone and checked against plain formulas
 * in double precision: to be read and copied from. {@code logitcl demo NAME} runs them.
 */
@NullMarked
package dev.logitcl.examples;

import org.jspecify.annotations.NullMarked;
