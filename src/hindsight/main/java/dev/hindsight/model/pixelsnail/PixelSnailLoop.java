package dev.hindsight.model.pixelsnail;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Finish;
import dev.hindsight.backend.draw.PixelLoop.Input;
import dev.hindsight.backend.draw.PixelLoop.Product;
import dev.hindsight.backend.draw.PixelLoop.Span;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.model.pixelsnail.PixelSnail.Block;
import dev.hindsight.model.pixelsnail.PixelSnail.GatedResidual;
import dev.hindsight.nn.PixelPhases;
import dev.hindsight.nn.Residual;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A pixel of a PixelSNAIL: two phases a residual block, three an attention.
final class PixelSnailLoop {
  private final PixelPhases phases;
  private final Scope scope;
  private final int pixels;

  private PixelSnailLoop(PixelPhases phases, Scope scope, int pixels) {
    this.phases = phases;
    this.scope = scope;
    this.pixels = pixels;
  }

  static PixelLoop of(
      Backend backend, Scope scope, PixelSnail model, int images, @Nullable Tensor labels) {
    var phases = new PixelPhases(backend, scope, model.shape(), images, labels);
    return new PixelSnailLoop(phases, scope, model.shape().pixels()).loop(model);
  }

  private PixelLoop loop(PixelSnail model) {
    Tensor start = phases.pixel(model.config().filters());
    Tensor x = start;
    for (Block block : model.blocks()) {
      for (GatedResidual residual : block.residuals()) {
        x = add(residual, x);
      }
      x = attend(block, x);
    }
    Term last = model.output().term(x).of(x, Input.of(model.norm().norm()));
    Tensor b = phases.bias(model.output().bias(), model.classBias());
    return phases.loop(last, b, model.first(), model.embedding(), start);
  }

  /// x plus what the residual block makes of it.
  private Tensor add(GatedResidual block, Tensor x) {
    Tensor seen = phases.ring(block.conv(), x.channels());
    Input input = new Input(null, block.norm().norm(), true, null, seen);
    Tensor gate = phases.convolve(block.conv(), block.classes(), seen, input, x, Finish.GATE);
    Tensor y = phases.pixel(x.channels());
    return phases.convolve(block.back(), gate, Input.AS_IT_IS, x, Finish.PLAIN, y);
  }

  /// x plus what attention makes of it, and both brought together.
  private Tensor attend(Block block, Tensor x) {
    var in = new Residual(x, null, null);
    var attended = block.attention().phases(scope, pixels, in, phases.phases());
    Tensor sum = phases.pixel(x.channels());
    Tensor gate = phases.pixel(x.channels());
    Term up = attended.into(block.up().weight().value(), block.norm(), sum);
    Tensor bias = block.up().bias().value();
    phases.add(new Product(Span.PIXEL, List.of(up), bias, null, Finish.GATE, gate));
    Tensor y = phases.pixel(x.channels());
    return phases.convolve(block.back(), gate, Input.AS_IT_IS, sum, Finish.PLAIN, y);
  }
}
