package dev.logitcl.cli;

import java.nio.file.Path;

/**
 * A file that a command writes, as the type of an option; the options of files that it reads are of
 * type {@link Path}.
 *
 * @param path where it goes
 */
record NewFile(Path path) {}
