/** Files that are nobody else's. */
@NullMarked
package dev.logitcl.files;

import org.jspecify.annotations.NullMarked;
