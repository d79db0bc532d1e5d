package dev.logitcl.matrix;

/** What each row should be: a class ({@link Labels}) or a distribution ({@link Probabilities}). */
public sealed interface Target extends Matrix permits Labels, Probabilities {}
