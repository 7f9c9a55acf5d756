package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Convolution;
import dev.hindsight.backend.Taps;
import dev.hindsight.backend.cuda.Launcher.Kernel;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Convolutions that only look back, and the gate behind them.
final class ConvolutionKernels implements Convolution {
  private static final int GATE_THREADS = 256;

  private final Launcher launcher;
  private final Shapes shapes;
  private final MaskedConv2dKernels masked;
  private final Kernel gate;
  private final Kernel gateBackward;
  private final LinearKernels linear;
  private final CausalConvKernels causal;
  private final ResidualBlockKernels residual;

  ConvolutionKernels(
      Modules modules, Launcher launcher, Shapes shapes, long partial, LinearKernels linear) {
    this.launcher = launcher;
    this.shapes = shapes;
    masked = new MaskedConv2dKernels(modules, launcher, shapes, partial);
    this.linear = linear;
    causal = new CausalConvKernels(modules, launcher, shapes, partial);
    residual = new ResidualBlockKernels(modules, launcher, shapes, partial);
    gate = new Kernel("gate", modules.function("gate", "gate"), GATE_THREADS);
    gateBackward =
        new Kernel("gate_backward", modules.function("gate", "gate_backward"), GATE_THREADS);
  }

  @Override
  public void causalConv1d(Tensor x, Tensor w, @Nullable Tensor b, int dilation, Tensor y) {
    if (y.size() > 0) {
      causal.forward(x, w, b, dilation, y);
    }
  }

  @Override
  public void causalConv1dBackward(
      Tensor x,
      Tensor w,
      int dilation,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db) {
    if (dy.size() == 0) {
      return;
    }
    if (dx != null && dx.size() > 0) {
      causal.dx(dy, w, dilation, dx);
    }
    if (dw != null && dw.size() > 0) {
      causal.dw(dy, x, dilation, dw);
    }
    if (db != null) {
      linear.columnSum(dy, db);
    }
  }

  @Override
  public void residualBlock(
      Tensor x,
      Tensor w,
      Tensor b,
      int dilation,
      Tensor v,
      Tensor c,
      @Nullable Tensor ts,
      Tensor g,
      Tensor y) {
    if (y.size() > 0) {
      residual.g(x, w, b, dilation, ts, g);
      linear.linearAdd(g, v, c, x, y);
    }
  }

  @Override
  public void residualBlockBackward(
      Tensor x,
      Tensor w,
      int dilation,
      Tensor v,
      Tensor ts,
      Tensor g,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db,
      @Nullable Tensor dv,
      @Nullable Tensor dc) {
    if (dy.size() == 0) {
      return;
    }
    if (dv != null) {
      linear.linearDw(dy, g, dv);
    }
    if (dc != null) {
      linear.columnSum(dy, dc);
    }
    residual.dab(dy, v, ts);
    if (dw != null) {
      causal.dw(ts, x, dilation, dw);
    }
    if (db != null) {
      linear.columnSum(ts, db);
    }
    if (dx != null) {
      causal.dx(ts, w, dilation, dx); // last: dx may be dy
    }
  }

  @Override
  public void maskedConv2d(Tensor x, Tensor w, @Nullable Tensor b, Taps taps, Tensor y) {
    masked.forward(x, w, b, taps, y);
  }

  @Override
  public void maskedConv2dBackward(
      Tensor x,
      Tensor w,
      Taps taps,
      Tensor dy,
      @Nullable Tensor dx,
      @Nullable Tensor dw,
      @Nullable Tensor db) {
    masked.backward(x, w, taps, dy, dx, dw, db);
  }

  @Override
  public void maskedConv2dPixels(
      Tensor x, Tensor w, @Nullable Tensor b, Taps taps, int row, int from, int to, Tensor y) {
    masked.pixels(x, w, b, taps, row, from, to, y);
  }

  // ---- gate

  @Override
  public void gate(Tensor ab, Tensor y) {
    overGate(gate, launcher.put(ab).put(y), y);
  }

  @Override
  public void gateBackward(Tensor ab, Tensor dy, Tensor dab) {
    overGate(gateBackward, launcher.put(ab).put(dy).put(dab), dy);
  }

  private void overGate(Kernel kernel, Launcher operands, Tensor y) {
    int rows = y.rows();
    int quads = (y.channels() + 3) / 4;
    operands.putInt(rows).putInt(y.channels()).putInt(quads);
    launcher.launch(kernel, shapes.stride((long) rows * quads, GATE_THREADS), 1);
  }
}
