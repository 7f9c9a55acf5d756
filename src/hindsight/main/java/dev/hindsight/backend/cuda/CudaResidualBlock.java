package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.ResidualBlock;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Product;
import dev.hindsight.backend.cuda.launch.LaunchGeometry.Tiles;
import dev.hindsight.backend.cuda.launch.TileProduct;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Launches `residual_block.cu`, and what it shares with a linear layer and a convolution.
final class CudaResidualBlock extends CudaFamily implements ResidualBlock {
  private final TileProduct g = product("residual_block_g");
  private final TileProduct dab = product("residual_block_dab");
  private final CudaLinear linear;
  private final CudaCausalConv1d conv;

  CudaResidualBlock(Kernels kernels, CudaLinear linear, CudaCausalConv1d conv) {
    super(kernels);
    this.linear = linear;
    this.conv = conv;
  }

  @Override
  public void forward(
      Tensor x, Weights weights, int dilation, @Nullable Tensor ts, Tensor g, Tensor y) {
    int rows = x.rows();
    int channels = x.channels();
    Tensor w = weights.w();
    Tensor b = weights.b();
    Product product = Product.overTaps(rows, gatedColumns(channels), w.dim(0), channels);
    Tiles tiles = this.g.tiles(product, x.type(), x, w, b, ts, g);
    launcher.begin().put(x).put(w).put(b).put(ts).put(g).putAddress(scratch);
    launcher.putInt(rows).putInt(channels).putInt(w.dim(0)).putInt(dilation).putInt(x.dim(1));
    launcher.putInt(tiles.chunk());
    this.g.launch(tiles, x.type());
    linear.linearAdd(g, weights.v(), weights.c(), x, y);
  }

  /// Columns of a product that ends in a gate (`gated.cuh`): two channels of a, two of b.
  static int gatedColumns(int channels) {
    return (channels + 1) / 2 * 4;
  }

  @Override
  public void backward(
      Tensor x,
      Weights weights,
      int dilation,
      Tensor ts,
      Tensor g,
      Tensor dy,
      Gradients to,
      Gradients residual) {
    linear.gradients(g, weights.v(), dy, residual);
    beforeGate(dy, weights.v(), ts);
    conv.backward(x, weights.w(), dilation, ts, to); // last: dx may be dy
  }

  /// tanh(a), σ(b) in `ts` become the gradient of a, b where that of g, dy·v, ends.
  void beforeGate(Tensor dy, Tensor v, Tensor ts) {
    Product product = Product.of(dy.rows(), dy.channels(), dy.channels());
    Tiles tiles = dab.tiles(product, dy.type(), dy, v, ts);
    launcher.begin().put(dy).put(v).put(ts).putAddress(scratch);
    launcher.putInt(dy.rows()).putInt(dy.channels()).putInt(tiles.chunk());
    dab.launch(tiles, dy.type());
  }
}
