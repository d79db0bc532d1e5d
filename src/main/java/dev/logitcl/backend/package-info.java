/** What every backend offers, and what can go wrong. */
@NullMarked
package dev.logitcl.backend;

import org.jspecify.annotations.NullMarked;
