package dev.hindsight.nn;

import dev.hindsight.backend.draw.PixelLoop.Attend;
import dev.hindsight.backend.draw.PixelLoop.Perceptron;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Step;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.backend.draw.PixelLoop.When;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.List;

/// One block of GPT-2: x + proj(attention(ln1 x)), then x + mlp(ln2 x) with a perceptron four times
/// as wide and GELU.
public final class TransformerBlock {
  private static final int EXPANSION = 4;

  private final int heads;
  private final float dropout;
  private final LayerNorm ln1;
  private final Linear qkv;
  private final Linear proj;
  private final LayerNorm ln2;
  private final Linear up;
  private final Linear down;

  /// @param name prefix of `.ln1`, `.qkv`, `.proj`, `.ln2`, `.mlp.0` and `.mlp.2`
  public TransformerBlock(
      Parameters parameters, String name, int width, int heads, float dropout, RandomKey key) {
    this.heads = heads;
    this.dropout = dropout;
    this.ln1 = new LayerNorm(parameters, name + ".ln1", width);
    this.qkv = new Linear(parameters, name + ".qkv", width, 3 * width, key);
    this.proj = new Linear(parameters, name + ".proj", width, width, key);
    this.ln2 = new LayerNorm(parameters, name + ".ln2", width);
    this.up = new Linear(parameters, name + ".mlp.0", width, EXPANSION * width, key);
    this.down = new Linear(parameters, name + ".mlp.2", EXPANSION * width, width, key);
  }

  /// x and the result (B,T,C)
  public Tensor forward(Ops ops, Tensor x) {
    Tensor y = ops.causalAttention(qkv.forward(ops, ln1.forward(ops, x)), heads);
    return perceptron(ops, add(ops, x, proj, y));
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
    int hidden = EXPANSION * width;
    Tensor keys = scope.floats(images, length, width);
    Tensor values = scope.floats(images, length, width);
    Tensor seen = scope.floats(heads, images, width);
    int slices = sampling.slices(images, width, hidden, heads);
    Tensor thought = scope.floats(slices, images, width);
    Tensor before = in.parts() == null ? in.x() : scope.floats(1, images, width);
    Tensor between = scope.floats(1, images, width);

    Term input = in.into(qkv.weight().value(), ln1, before);
    Tensor projection = proj.weight().value();
    add(phases, new Attend(input, qkv.bias().value(), keys, values, projection, seen));
    var attended = new Residual(before, proj.bias().value(), seen);
    Term normed = attended.into(up.weight().value(), ln2, between);
    add(phases, new Perceptron(normed, up.bias().value(), down.weight().value(), thought));
    return new Residual(between, down.bias().value(), thought);
  }

  private static void add(List<Phase> phases, Step step) {
    phases.add(new Phase(When.PIXEL, List.of(step)));
  }

  private Tensor perceptron(Ops ops, Tensor x) {
    return add(ops, x, down, up.forwardGelu(ops, ln2.forward(ops, x)));
  }

  /// x + layer(y)
  private Tensor add(Ops ops, Tensor x, Linear layer, Tensor y) {
    return dropout == 0
        ? ops.linearAdd(x, y, layer.weight().like(y), layer.bias().value())
        : ops.add(x, ops.dropout(dropout, layer.forward(ops, y)));
  }
}
