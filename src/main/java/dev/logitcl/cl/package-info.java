/**
 * OpenCL through JOCL: handles, devices, programs, buffers. The only importer of {@code org.jocl}.
 */
@NullMarked
package dev.logitcl.cl;

import org.jspecify.annotations.NullMarked;
