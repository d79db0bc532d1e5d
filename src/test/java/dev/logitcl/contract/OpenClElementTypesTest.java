package dev.logitcl.contract;

import dev.logitcl.bench.OpCase;
import java.util.List;
import org.junit.jupiter.api.Tag;

/**
 * Element types on every OpenCL device as shipped: a sum, and everything at once, which take turns;
 * {@link OpenClGeometriesTest} has every operation with every type.
 */
@Tag("as-shipped")
final class OpenClElementTypesTest extends ElementTypesContract {
  OpenClElementTypesTest() {
    super(TestBackends.asShipped());
  }

  @Override
  List<OpCase> chosen() {
    return Scope.ofThisRun()
        .turn(OpCase.listed().stream().filter(ElementTypesContract::isCore).toList(), 2);
  }
}
