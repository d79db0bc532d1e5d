package dev.logitcl.bench;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * The JVM's compiler, which works in the background: HotSpot's diagnostic command {@code
 * Compiler.queue} tells what it compiles and what waits for it.
 */
final class JitCompiler {
  private static final String COMMANDS = "com.sun.management:type=DiagnosticCommand";

  private JitCompiler() {}

  /** Whether something is being compiled, or waits for it; false where the JVM does not tell. */
  static boolean isBusy() {
    try {
      Object queue =
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName(COMMANDS),
                  "compilerQueue",
                  new Object[] {new String[0]},
                  new String[] {String[].class.getName()});
      return hasEntries(String.valueOf(queue));
    } catch (JMException | LinkageError e) {
      return false; // another JVM, or a runtime without java.management
    }
  }

  /** Whether there is more than headings, {@code C2 compile queue:}, above {@code Empty}. */
  static boolean hasEntries(String queue) {
    return queue
        .lines()
        .map(String::strip)
        .anyMatch(line -> !line.isEmpty() && !line.endsWith(":") && !line.equals("Empty"));
  }
}
