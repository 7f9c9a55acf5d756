package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.GatedBlock;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.Taps;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// The horizontal half of Gated PixelCNN's block, op by op.
record Nd4jGatedBlock(Nd4jMemory memory) implements GatedBlock {
  @Override
  public void forward(
      Tensor x, Weights weights, Taps taps, Tensor vertical, Tensor ts, Tensor g, Tensor y) {
    new Nd4jMaskedConv2d(memory).forward(x, weights.w(), null, taps, ts);
    memory.matrix(ts).addi(memory.matrix(vertical));
    GateHalves.toTanhAndSigmoid(memory.matrix(ts), memory.matrix(g));
    new Nd4jLinear(memory).linearAdd(g, weights.v(), null, x, y);
  }

  @Override
  public void backward(
      Tensor x,
      Weights weights,
      Taps taps,
      Tensor ts,
      Tensor g,
      Tensor dy,
      Gradients to,
      @Nullable Tensor dv) {
    if (dv != null) {
      memory.matrix(dv).addi(Matrices.product(memory.matrix(dy), true, memory.matrix(g), false));
    }
    GateHalves.toGradient(
        memory.matrix(ts),
        Matrices.product(memory.matrix(dy), false, memory.matrix(weights.v()), false));
    new Nd4jMaskedConv2d(memory).backward(x, weights.w(), taps, ts, to);
  }
}
