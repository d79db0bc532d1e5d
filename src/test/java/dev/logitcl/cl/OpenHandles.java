package dev.logitcl.cl;

import java.lang.reflect.Field;
import java.util.Collection;
import java.util.List;

/** Counts what is open, for programs that must end with nothing. */
public final class OpenHandles {
  private OpenHandles() {}

  /** All open queues and what is open in them. */
  public static long count() {
    try {
      Field open = ClQueue.class.getDeclaredField("OPEN");
      Field children = ClQueue.class.getDeclaredField("children");
      open.setAccessible(true);
      children.setAccessible(true);
      long count = 0;
      for (Object queue : List.copyOf((Collection<?>) open.get(null))) {
        synchronized (queue) {
          count += 1 + ((Collection<?>) children.get(queue)).size();
        }
      }
      return count;
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("ClQueue keeps its handles elsewhere", e);
    }
  }
}
