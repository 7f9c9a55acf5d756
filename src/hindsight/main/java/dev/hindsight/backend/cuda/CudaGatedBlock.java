package dev.hindsight.backend.cuda;

import dev.hindsight.backend.GatedBlock;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.Taps;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Tiles;
import dev.hindsight.backend.cuda.launch.TileProduct;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `gated_block.cu`, and what it shares with a linear layer, a convolution and WaveNet's
/// block.
final class CudaGatedBlock extends CudaFamily implements GatedBlock {
  private final TileProduct g = product("gated_block_g");
  private final CudaLinear linear;
  private final CudaMaskedConv2d conv;
  private final CudaResidualBlock residualBlock;

  CudaGatedBlock(
      Kernels kernels, CudaLinear linear, CudaMaskedConv2d conv, CudaResidualBlock residualBlock) {
    super(kernels);
    this.linear = linear;
    this.conv = conv;
    this.residualBlock = residualBlock;
  }

  @Override
  public void forward(
      Tensor x, Weights weights, Taps taps, Tensor vertical, Tensor ts, Tensor g, Tensor y) {
    int channels = x.channels();
    Tensor w = weights.w();
    int columns = CudaResidualBlock.gatedColumns(channels);
    Tiles tiles =
        CudaMaskedConv2d.tiles(
            this.g, taps, x.rows(), columns, channels, x.type(), x, w, vertical, ts, g);
    launcher.begin().put(x).put(w).put(vertical).put(ts).put(g).putAddress(scratch);
    launcher.putLong(taps.bits()).putInt(taps.k());
    launcher.putInt(x.dim(0)).putInt(x.dim(1)).putInt(x.dim(2)).putInt(channels);
    launcher.putInt(tiles.chunk());
    this.g.launch(tiles, x.type());
    linear.linearAdd(g, weights.v(), null, x, y);
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
      linear.dw(dy, g, dv, null);
    }
    residualBlock.beforeGate(dy, weights.v(), ts);
    conv.backward(x, weights.w(), taps, ts, to); // last: dx may be dy
  }
}
