/** The pure Java backend: row primitives, traversals, threads. */
@NullMarked
package dev.logitcl.cpu;

import org.jspecify.annotations.NullMarked;
