package dev.hindsight.verify;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.Precision;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.made.Made;
import dev.hindsight.model.made.MadeConfig;
import dev.hindsight.nn.MaskedLinear;
import dev.hindsight.ops.Ops;
import dev.hindsight.ops.Tape;
import dev.hindsight.random.Philox;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Which part of the multiply-adds of a dense layer MADE's kernels leave out.
///
/// @param kernel `masked_linear`, `masked_linear_dx` or `masked_linear_dw`
/// @param executed floating-point operations that the kernel did, its epilogue included
/// @param dense the same of layers without a mask
/// @param least the same over the weights that exist
public record SkippedWork(String kernel, long executed, long dense, long least) {
  private static final int BATCH = 64;

  public double skipped() {
    return 1 - (double) executed / dense;
  }

  public double ideal() {
    return 1 - (double) least / dense;
  }

  public String text() {
    return String.format(
        Locale.ROOT,
        "%-22s did %,13d of %,13d FLOP: skipped %.1f %%, ideal %.1f %%",
        kernel,
        executed,
        dense,
        100 * skipped(),
        100 * ideal());
  }

  public Map<String, Object> json() {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("kernel", kernel);
    row.put("flops", executed);
    row.put("dense_flops", dense);
    row.put("skipped", skipped());
    row.put("ideal", ideal());
    return row;
  }

  /// One forward and backward pass of a MADE of three hidden layers at batch 64, on a software GPU
  /// that was opened to count.
  public static List<SkippedWork> ofMade(Backend backend, int hidden) {
    RandomKey key = RandomKey.of(0).fold("degrees");
    try (Made made = MadeConfig.random(ImageShape.MNIST, hidden, 3, key).create(backend, key);
        Scope scope = backend.open("step")) {
      Tensor x = scope.tensor(backend.storage(), BATCH, made.shape().pixels());
      float[] pixels = Philox.uniforms(key.fold("pixels"), Math.toIntExact(x.size()));
      for (int p = 0; p < pixels.length; p++) {
        pixels[p] = pixels[p] < 0.3f ? 1 : 0;
      }
      backend.write(x, pixels);
      Backends.takeCounts();
      Tape tape = made.parameters().tape(scope);
      tape.backward(made.nll(new Ops(backend, scope, tape), x));
      backend.synchronize();
      List<KernelCounts> counts = Backends.takeCounts();
      List<Degrees> all = made.layers().stream().map(MaskedLinear::degrees).toList();
      List<Degrees> behindTheFirst = all.subList(1, all.size()); // pixels need no gradient
      Precision p = backend.precision();
      return List.of(
          of(p.variant("masked_linear"), counts, all),
          of(p.variant("masked_linear_dx"), counts, behindTheFirst),
          of(p.variant("masked_linear_dw"), counts, all));
    }
  }

  private static SkippedWork of(String kernel, List<KernelCounts> counts, List<Degrees> layers) {
    long executed =
        counts.stream().filter(k -> k.kernel().equals(kernel)).mapToLong(KernelCounts::flops).sum();
    long dense = layers.stream().mapToLong(d -> (long) d.inputs() * d.outputs()).sum();
    long least = layers.stream().mapToLong(Degrees::count).sum();
    return new SkippedWork(kernel, executed, 2L * BATCH * dense, 2L * BATCH * least);
  }
}
