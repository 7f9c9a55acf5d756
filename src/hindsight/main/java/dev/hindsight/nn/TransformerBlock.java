package dev.hindsight.nn;

import dev.hindsight.backend.draw.PixelLoop.Perceptron;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.List;

/// One block of GPT-2: [SelfAttention], then x + mlp(ln2 x) with a perceptron four times as wide
/// and GELU.
public final class TransformerBlock {
  private static final int EXPANSION = 4;

  private final int heads;
  private final float dropout;
  private final SelfAttention attention;
  private final LayerNorm norm;
  private final Linear up;
  private final Linear down;

  /// @param name prefix of `.ln1`, `.qkv`, `.proj`, `.ln2`, `.mlp.0` and `.mlp.2`
  public TransformerBlock(
      Parameters parameters, String name, int width, int heads, float dropout, RandomKey key) {
    this.heads = heads;
    this.dropout = dropout;
    this.attention = new SelfAttention(parameters, name, width, heads, dropout, key);
    this.norm = new LayerNorm(parameters, name + ".ln2", width);
    this.up = new Linear(parameters, name + ".mlp.0", width, EXPANSION * width, key);
    this.down = new Linear(parameters, name + ".mlp.2", EXPANSION * width, width, key);
  }

  /// x and the result (B,T,C)
  public Tensor forward(Ops ops, Tensor x) {
    Tensor y = attention.forward(ops, x);
    return down.forwardAdd(ops, y, up.forwardGelu(ops, norm.forward(ops, y)), dropout);
  }

  /// What a sampler computes of a pixel.
  ///
  /// @param sampling that it is for
  /// @param phases to which its own are added
  /// @return the stream behind the block
  public Residual phases(
      Sampling sampling, Scope scope, int length, Residual in, List<Phase> phases) {
    int images = in.x().dim(1);
    int width = in.x().channels();
    int slices = sampling.slices(images, width, EXPANSION * width, heads);
    Tensor thought = scope.floats(slices, images, width);
    Tensor between = scope.floats(1, images, width);
    Residual attended = attention.phases(scope, length, in, phases);
    Term normed = attended.into(up.weight().value(), norm, between);
    var perceptron = new Perceptron(normed, up.bias().value(), down.weight().value(), thought);
    phases.add(new Phase(When.PIXEL, List.of(perceptron)));
    return new Residual(between, down.bias().value(), thought);
  }
}
