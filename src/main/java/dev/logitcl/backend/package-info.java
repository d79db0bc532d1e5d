/**
 * Backends, their devices and options, and the exceptions for failures of devices and drivers.
 * {@link dev.logitcl.Backends} opens a backend.
 */
@NullMarked
package dev.logitcl.backend;

import org.jspecify.annotations.NullMarked;
