package dev.logitcl.cli;

import java.io.IOException;

/** One operation of {@code apply}, with its options. */
interface ApplyCalls {
  /**
   * Opens inputs and begins outputs: whatever is wrong with them is found here, and no device is
   * needed for it.
   */
  OnDevice open(ApplyFiles files) throws IOException;

  /** What is left to do. */
  interface OnDevice {
    /** Loads the inputs, makes the calls, writes the outputs. */
    void run(ApplyDevice device) throws IOException;
  }
}
