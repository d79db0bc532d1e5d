package dev.logitcl.opencl;

import dev.logitcl.cl.ClBuffer;
import dev.logitcl.cl.ClQueue;

/** What a matrix of this backend can be asked. */
interface Resident {
  ClBuffer buffer();

  ClQueue queue();
}
