package dev.logitcl.bench.qualify;

import java.util.List;

/**
 * The search for faster variants of an operation near one shape.
 *
 * @param op the operation
 * @param shape rows x columns
 * @param rows the winning rows, in the format of {@code tuned.tsv}; empty if the built-in ones are
 *     the best there is
 * @param measured how many calls were measured
 * @param faults how many candidates failed in a way that no device excuses
 * @param notes what was measured, left out or is wrong
 */
public record Tuned(
    String op, String shape, String rows, int measured, int faults, List<String> notes) {}
