/** What a device is and does, measured step by step within a given time. */
@NullMarked
package dev.logitcl.bench.qualify;

import org.jspecify.annotations.NullMarked;
