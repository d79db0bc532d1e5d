/** The OpenCL backend. */
@NullMarked
package dev.logitcl.opencl;

import org.jspecify.annotations.NullMarked;
