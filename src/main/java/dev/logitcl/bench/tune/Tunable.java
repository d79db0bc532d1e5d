package dev.logitcl.bench.tune;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.kernel.Variant;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.op.RowOp;
import dev.logitcl.opencl.OpenClBackend;
import java.util.HashMap;
import java.util.Map;

/** A device whose variants can be run one by one, on the same matrices. */
public interface Tunable {
  /** Where the matrices are. */
  Backend backend();

  /** Enqueues an operation with this variant and no other. */
  RunReport run(RowOp op, Variant variant);

  /** An OpenCL device. */
  static Tunable of(OpenClBackend backend) {
    Map<Variant, VariantTable> tables = new HashMap<>();
    return new Tunable() {
      @Override
      public Backend backend() {
        return backend;
      }

      @Override
      public RunReport run(RowOp op, Variant variant) {
        return backend.run(op, tables.computeIfAbsent(variant, VariantTable::only));
      }
    };
  }
}
