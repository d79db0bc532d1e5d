package dev.logitcl.soak;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.Softmax;

/** A caller's mistake, and the exception that it must end with. */
enum WrongCall {
  /** A class that there is not. */
  TARGET(IllegalArgumentException.class) {
    @Override
    void make(Backend backend) {
      try (Matrix x = backend.upload(new float[3 * 40], 3, 40);
          Labels target = backend.upload(new int[] {1, 40, 2});
          Matrix loss = backend.allocateColumn(1)) {
        backend.run(new CrossEntropy(x, target, CrossEntropyOptions.DEFAULT, loss));
      }
    }
  },
  /** An output of another shape. */
  SHAPE(IllegalArgumentException.class) {
    @Override
    void make(Backend backend) {
      try (Matrix x = backend.upload(new float[3 * 40], 3, 40);
          Matrix y = backend.allocate(new Shape(40, 3))) {
        backend.run(new Softmax(x, y));
      }
    }
  },
  /** An array that is too short. */
  LENGTH(IllegalArgumentException.class) {
    @Override
    void make(Backend backend) {
      backend.upload(new float[5], 2, 3).close();
    }
  },
  /** An operand that is closed. */
  CLOSED(IllegalStateException.class) {
    @Override
    void make(Backend backend) {
      Matrix x = backend.upload(new float[6], 2, 3);
      x.close();
      backend.run(new LogSoftmax(x, x));
    }
  };

  private final Class<? extends RuntimeException> expected;

  WrongCall(Class<? extends RuntimeException> expected) {
    this.expected = expected;
  }

  abstract void make(Backend backend);

  /**
   * Makes the call.
   *
   * @throws AssertionError if nothing or something else is thrown
   * @throws IllegalStateException if the backend was closed meanwhile
   */
  void mustBeRefused(Backend backend) {
    try {
      make(backend);
    } catch (RuntimeException e) {
      if (expected.isInstance(e)) {
        return;
      }
      if (e instanceof IllegalStateException closed && backend.isClosed()) {
        throw closed;
      }
      throw new AssertionError(this + " ended with " + e, e);
    }
    throw new AssertionError(this + " was not refused");
  }
}
