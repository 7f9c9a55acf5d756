package dev.hindsight.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.Backend;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.Parity;
import dev.hindsight.catalogue.Reference;
import dev.hindsight.catalogue.Reference.Expected;
import dev.hindsight.tensor.ElementType;

/// Several backends of one storage against values that the reference computes once, which takes
/// longer than all of them.
final class OneReference {
  private OneReference() {}

  static void check(Backend reference, OpCase opCase, Backend... backends) {
    ElementType storage = backends[0].storage();
    Expected expected = Reference.computedBy(reference).of(opCase.in(storage));
    for (Backend backend : backends) {
      assertThat(backend.storage()).isEqualTo(storage);
      assertThat(new Parity(_ -> expected, backend).check(opCase))
          .as(backend.numerics())
          .allSatisfy(o -> assertThat(o.passed()).as(o.message()).isTrue());
    }
  }
}
