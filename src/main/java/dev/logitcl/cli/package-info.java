/** The command line. */
@NullMarked
package dev.logitcl.cli;

import org.jspecify.annotations.NullMarked;
