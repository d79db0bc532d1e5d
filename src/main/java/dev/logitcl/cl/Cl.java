package dev.logitcl.cl;

import dev.logitcl.backend.BackendException;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.jocl.CL;
import org.jocl.CLException;

/** Every call into the driver goes through here, so that no error code is lost. */
final class Cl {
  private Cl() {}

  /** A call that returns its error code. JOCL may throw instead: that switch is the JVM's. */
  static void call(String operation, String device, IntSupplier call) {
    int code;
    try {
      code = call.getAsInt();
    } catch (CLException e) {
      code = e.getStatus();
    }
    if (code != CL.CL_SUCCESS) {
      throw failure(code, operation, device);
    }
  }

  /** A call that returns an object and its error code in an array. */
  static <T> T create(String operation, String device, Function<int[], T> call) {
    int[] code = new int[1];
    T created = null;
    try {
      created = call.apply(code);
    } catch (CLException e) {
      code[0] = e.getStatus();
    }
    if (code[0] != CL.CL_SUCCESS || created == null) {
      throw failure(code[0], operation, device);
    }
    return created;
  }

  static String name(int code) {
    return code == -1001 ? "CL_PLATFORM_NOT_FOUND_KHR" : CL.stringFor_errorCode(code);
  }

  private static BackendException failure(int code, String operation, String device) {
    return new BackendException(name(code), operation, device, null);
  }
}
