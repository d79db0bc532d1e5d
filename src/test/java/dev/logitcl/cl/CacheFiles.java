package dev.logitcl.cl;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/** A cache in a folder that is not there yet, and what is in it. */
final class CacheFiles {
  static final long LIMIT = 1 << 20;
  static final String KEY = "device\ndriver\noptions\nkernel void f() {}";
  static final byte[] BINARY = "a binary, as far as this goes".getBytes(StandardCharsets.UTF_8);

  final Path folder;
  final BinaryCache cache;

  CacheFiles(Path temp) {
    folder = temp.resolve("a/b");
    cache = again();
  }

  /** As another process would open it. */
  BinaryCache again() {
    return new BinaryCache(folder, LIMIT);
  }

  /** The file of {@link #KEY}. */
  Path file() {
    return folder.resolve(BinaryFile.name(KEY));
  }

  Set<String> names() throws IOException {
    Set<String> names = new HashSet<>();
    try (Stream<Path> files = Files.list(folder)) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    return names;
  }
}
