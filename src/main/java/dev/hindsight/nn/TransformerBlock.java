package dev.hindsight.nn;

import dev.hindsight.ops.Ops;
import dev.hindsight.random.RandomKey;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;

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

  /// Keys and values (B,T,C) of the positions so far.
  public record Cache(Tensor keys, Tensor values) {
    public static Cache of(Scope scope, int images, int length, int width) {
      return new Cache(scope.zeros(images, length, width), scope.zeros(images, length, width));
    }
  }

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

  /// The same for position `t` alone, x and the result (B,C).
  public Tensor step(Ops ops, Tensor x, int t, Cache cache) {
    Tensor row = qkv.forward(ops, ln1.forward(ops, x));
    Tensor y = ops.attendStep(row, heads, t, cache.keys(), cache.values());
    return perceptron(ops, add(ops, x, proj, y));
  }

  private Tensor perceptron(Ops ops, Tensor x) {
    return add(ops, x, down, up.forwardGelu(ops, ln2.forward(ops, x)));
  }

  /// x + layer(y)
  private Tensor add(Ops ops, Tensor x, Linear layer, Tensor y) {
    return dropout == 0
        ? ops.linearAdd(x, y, layer.weight().value(), layer.bias().value())
        : ops.add(x, ops.dropout(dropout, layer.forward(ops, y)));
  }

  /// Of one position, attention apart.
  public long multiplyAdds() {
    return qkv.multiplyAdds() + proj.multiplyAdds() + up.multiplyAdds() + down.multiplyAdds();
  }

  /// Of attention over so many positions: each meets itself and those before it, once for its score
  /// and once for its value.
  public long attentionMultiplyAdds(long length) {
    int width = proj.weight().shape().dim(0);
    return length * (length + 1) / 2 * 2 * width;
  }
}
