/** Files that are nobody else's, and the folders that the environment names. */
@NullMarked
package dev.logitcl.files;

import org.jspecify.annotations.NullMarked;
