package dev.hindsight.model.pixelsnail;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.PixelLoop.Finish;
import dev.hindsight.backend.draw.PixelLoop.First;
import dev.hindsight.backend.draw.PixelLoop.Input;
import dev.hindsight.backend.draw.PixelLoop.Logit;
import dev.hindsight.backend.draw.PixelLoop.Product;
import dev.hindsight.backend.draw.PixelLoop.Reads;
import dev.hindsight.backend.draw.PixelLoop.Span;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.model.pixelsnail.PixelSnail.Block;
import dev.hindsight.model.pixelsnail.PixelSnail.Residual;
import dev.hindsight.nn.PixelPhases;
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
      for (Residual residual : block.residuals()) {
        x = add(residual, x);
      }
      x = attend(block, x);
    }
    Term last = model.output().term(x).of(x, Input.of(model.norm().norm()));
    Tensor b = phases.bias(model.output().bias(), model.classBias());
    List<Term> taps = model.first().terms(start, model.shape().width(), down -> true);
    Tensor bias = model.first().bias().value();
    var embedding = model.embedding().looped();
    var first = new First(Reads.TAPS, Span.PIXEL, taps, bias, embedding, Finish.PLAIN, start);
    return phases.loop(new Logit(List.of(last), b, first));
  }

  /// x plus what the residual block makes of it.
  private Tensor add(Residual block, Tensor x) {
    Tensor seen = phases.ring(block.conv(), x.channels());
    Input input = new Input(null, block.norm().norm(), true, null, seen);
    Tensor gate = phases.convolve(block.conv(), block.classes(), seen, input, x, Finish.GATE);
    Tensor y = phases.pixel(x.channels());
    return phases.convolve(block.back(), gate, Input.AS_IT_IS, x, Finish.PLAIN, y);
  }

  /// x plus what attention makes of it, and both brought together.
  private Tensor attend(Block block, Tensor x) {
    var in = new dev.hindsight.nn.Residual(x, null, null);
    var attended = block.attention().phases(scope, pixels, in, phases.phases());
    Tensor sum = phases.pixel(x.channels());
    Tensor gate = phases.pixel(x.channels());
    Term up = attended.into(block.up().term(sum).w(), block.norm(), sum);
    Tensor bias = block.up().bias().value();
    phases.add(new Product(Span.PIXEL, List.of(up), bias, null, Finish.GATE, gate));
    Tensor y = phases.pixel(x.channels());
    return phases.convolve(block.back(), gate, Input.AS_IT_IS, sum, Finish.PLAIN, y);
  }
}
