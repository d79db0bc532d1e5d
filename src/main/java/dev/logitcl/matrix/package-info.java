/**
 * Matrices in a backend's memory: their shapes, element types and transfers to and from the host,
 * the targets of losses, and the axes of tensors as rows of matrices.
 */
@NullMarked
package dev.logitcl.matrix;

import org.jspecify.annotations.NullMarked;
