package dev.logitcl.cpu;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.HostForm;
import java.lang.reflect.Array;
import java.nio.Buffer;

/** The arrays that hold a matrix in the heap, of what elements of its type are on the host. */
final class HeapArrays {
  private HeapArrays() {}

  /** Zeros. */
  static Object make(DType dtype, int length) {
    return dtype.codec().form().array(length);
  }

  static int length(Object array) {
    return Array.getLength(array);
  }

  /** Copies n elements between a buffer, which moves, and an array. */
  static void transfer(Buffer host, Object array, int start, int n, boolean write) {
    HostForm form = HostForm.of(host);
    Buffer inArray = form.wrap(array, start, n);
    if (write) {
      int end = host.limit();
      form.put(host.limit(host.position() + n), inArray);
      host.limit(end);
    } else {
      form.put(inArray, host);
    }
  }
}
