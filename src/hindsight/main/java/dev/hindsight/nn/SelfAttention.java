package dev.hindsight.nn;

import dev.hindsight.backend.draw.PixelLoop.Attend;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.List;

/// Causal self-attention on a residual stream: x + proj(attention(ln1 x)), in which a position
/// looks at itself and those before it.
public final class SelfAttention {
  private final int heads;
  private final float dropout;
  private final LayerNorm norm;
  private final Linear qkv;
  private final Linear proj;

  /// @param name prefix of `.ln1`, `.qkv` and `.proj`
  /// @param dropout share of what it adds that training drops
  public SelfAttention(
      Parameters parameters, String name, int width, int heads, float dropout, RandomKey key) {
    this.heads = heads;
    this.dropout = dropout;
    this.norm = new LayerNorm(parameters, name + ".ln1", width);
    this.qkv = new Linear(parameters, name + ".qkv", width, 3 * width, key);
    qkv.weight().stack(3);
    this.proj = new Linear(parameters, name + ".proj", width, width, key);
  }

  /// x and the result (B,T,C)
  public Tensor forward(Ops ops, Tensor x) {
    Tensor y = ops.causalAttention(qkv.forward(ops, norm.forward(ops, x)), heads);
    return proj.forwardAdd(ops, x, y, dropout);
  }

  /// What a sampler computes of a pixel.
  ///
  /// @param length pixels of an image
  /// @param phases to which its own is added
  /// @return the stream behind it
  public Residual phases(Scope scope, int length, Residual in, List<Phase> phases) {
    int images = in.x().dim(1);
    int width = in.x().channels();
    Tensor keys = scope.floats(images, length, width);
    Tensor values = scope.floats(images, length, width);
    Tensor seen = scope.floats(heads, images, width);
    Tensor before = in.parts() == null ? in.x() : scope.floats(1, images, width);
    Term input = in.into(qkv.weight().value(), norm, before);
    Tensor projection = proj.weight().value();
    var attend = new Attend(input, qkv.bias().value(), keys, values, projection, seen);
    phases.add(new Phase(When.PIXEL, List.of(attend)));
    return new Residual(before, proj.bias().value(), seen);
  }
}
