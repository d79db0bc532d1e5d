package dev.logitcl.opencl;

import dev.logitcl.cl.ClQueue;

/** What a matrix of this backend can be asked. */
interface Resident {
  /** Where it is. */
  Span span();

  ClQueue queue();
}
