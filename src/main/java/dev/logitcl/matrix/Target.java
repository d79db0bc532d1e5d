package dev.logitcl.matrix;

/**
 * The targets of a cross-entropy: a class for each row ({@link Labels}) or a distribution over the
 * classes for each row ({@link Probabilities}).
 */
public sealed interface Target extends Matrix permits Labels, Probabilities {}
