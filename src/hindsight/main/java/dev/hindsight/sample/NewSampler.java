package dev.hindsight.sample;

import dev.hindsight.backend.Backend;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// How a sampler comes about: the model's own or the naive one, with the labels of its images, and
/// where they are guided one of twice as many behind it.
final class NewSampler {
  private NewSampler() {}

  /// @param labels those of the request in device memory, (N) or for guidance (2N), where they are
  ///   there already
  static Sampler of(
      Backend backend,
      AutoregressiveModel model,
      Sampler.Request request,
      boolean naive,
      @Nullable Tensor labels) {
    request.of().requireFit(model);
    Scope scope = backend.open("sampler"); // the sampler's once that is made
    boolean made = false;
    try {
      Sampler sampler = in(scope, backend, model, request, naive, labels);
      made = true;
      return sampler;
    } finally {
      if (!made) {
        scope.close();
      }
    }
  }

  private static Sampler in(
      Scope scope,
      Backend backend,
      AutoregressiveModel model,
      Sampler.Request request,
      boolean naive,
      @Nullable Tensor given) {
    boolean guided = request.of().guidance() > 0;
    Sampler.Request inner = guided ? request.doubled() : request;
    @Nullable Tensor labels = given == null ? labels(backend, scope, inner.of()) : given;
    Sampler sampler;
    if (naive || !(model instanceof SampledModel own)) {
      sampler = new NaiveSampler(backend, scope, model, inner, labels);
      sampler.begin(null, labels, model.order());
    } else {
      sampler = own.sampler(backend, scope, inner, labels);
      sampler.begin(own, labels, model.order());
    }
    if (!guided) {
      return sampler;
    }
    Sampler guide = new GuidedSampler(backend, scope, model, request, sampler);
    guide.begin(null, null, model.order());
    return guide;
  }

  private static @Nullable Tensor labels(Backend backend, Scope scope, Conditioning of) {
    if (of.isNone()) {
      return null;
    }
    Tensor labels = scope.floats(of.labels().size());
    backend.write(labels, of.numbers());
    return labels;
  }
}
