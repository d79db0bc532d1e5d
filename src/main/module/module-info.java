/**
 * The softmax family, forward and backward, on OpenCL devices and on the CPU.
 *
 * <p>The module does not require jdk.incubator.vector, not even where it may be missing: whoever
 * compiles against it would get a warning. It reads that module where the program has it.
 */
@SuppressWarnings("requires-automatic") // JOCL is named after its jar, netlib by its manifest
module dev.logitcl {
  requires jocl;
  requires org.slf4j;
  // JOCL uses it, and an automatic module cannot say so.
  requires java.logging;
  // The way to the system's BLAS, where a program has it.
  requires static dev.ludovic.netlib.blas;
  // Its recordings show calls, where a program has it.
  requires static jdk.jfr;
  // Annotations, which a program need not have when it runs.
  requires static org.jspecify;

  exports dev.logitcl;
  exports dev.logitcl.backend;
  exports dev.logitcl.io;
  exports dev.logitcl.matrix;
  exports dev.logitcl.op;
  exports dev.logitcl.split;
}
