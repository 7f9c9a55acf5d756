package dev.hindsight.nn;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.PixelLoop.Attend;
import dev.hindsight.backend.PixelLoop.Perceptron;
import dev.hindsight.backend.PixelLoop.Phase;
import dev.hindsight.backend.PixelLoop.Step;
import dev.hindsight.backend.PixelLoop.Term;
import dev.hindsight.backend.PixelLoop.When;
import dev.hindsight.backend.Sampling;
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

  /// To go on one position at a time, from the start.
  public State state(Backend backend, Scope scope, int images, int length) {
    return new State(backend, scope, images, length);
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

  /// Keys and values of the positions so far, and room for all that a position computes: a step
  /// allocates nothing.
  public final class State {
    private final Backend backend;
    private final Tensor keys; // (B,T,C)
    private final Tensor values;
    private final Tensor normed; // (B,C)
    private final Tensor row; // (B,3C), the position's query, key and value
    private final Tensor seen; // (B,C)
    private final Tensor between; // (B,C), after attention
    private final Tensor wide; // (B,4C)
    private final Tensor result; // (B,C)
    private final Tensor mean; // (B)
    private final Tensor rstd;

    private State(Backend backend, Scope scope, int images, int length) {
      int width = proj.weight().shape().dim(0);
      this.backend = backend;
      keys = scope.zeros(images, length, width);
      values = scope.zeros(images, length, width);
      normed = scope.floats(images, width);
      row = scope.floats(images, 3 * width);
      seen = scope.floats(images, width);
      between = scope.floats(images, width);
      wide = scope.floats(images, EXPANSION * width);
      result = scope.floats(images, width);
      mean = scope.floats(images);
      rstd = scope.floats(images);
    }

    /// [#forward] for position `t` alone: x (B,C), and the result, which holds until the next step.
    public Tensor step(Tensor x, int t) {
      ln1.forward(backend, x, normed, mean, rstd);
      qkv.forward(backend, normed, row);
      backend.causalAttention().attendStep(row, heads, t, keys, values, seen);
      add(x, proj, seen, between);
      ln2.forward(backend, between, normed, mean, rstd);
      up.forwardGelu(backend, normed, wide);
      add(between, down, wide, result);
      return result;
    }

    private void add(Tensor x, Linear layer, Tensor y, Tensor to) {
      backend.linear().linearAdd(y, layer.weight().like(y), layer.bias().value(), x, to);
    }
  }
}
