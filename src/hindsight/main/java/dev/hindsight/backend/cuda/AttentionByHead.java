package dev.hindsight.backend.cuda;

import dev.hindsight.backend.cuda.device.CudaDevice;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Modules;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import java.util.stream.Stream;

/// Launches `attention_stream_head.cuh`: the gradients of attention in bf16 in five products, by a
/// block that owns a head. Its numbers are those of that file.
///
/// The kernels of rows need seven products for the same bits, but have many blocks for a head, and
/// work for any width and length: here dq of a head has to fit on the chip, which it does for up to
/// 832 positions on an H100, and 576 on an A100.
final class AttentionByHead extends CudaFamily {
  private static final int WIDTH = 32;
  private static final int THREADS = 128;
  private static final int KEYS = THREADS; // of a tile
  private static final int QUERIES = 32; // of a tile
  private static final int ROW = WIDTH * ElementType.BF16.bytes();

  /// Of shared memory, without the gradient of the queries.
  private static final int BUFFERS =
      2 * (2 * QUERIES * ROW + 2 * QUERIES * Float.BYTES) + 2 * KEYS * ROW;

  private static final int ALIGNMENT = 16;

  /// Fewer blocks on a multiprocessor could not hide what each of them waits for.
  private static final int RESIDENT = 2;

  /// What a multiprocessor has beside the most that a block may take, and takes itself of each.
  private static final int OF_SYSTEM = 1 << 10;

  private final CudaDevice device;
  private final int most;
  private final Kernel kernel;

  /// @param most bytes of shared memory that a block of the GPU may take, where this is to be done
  ///   as on another GPU; else any larger number
  AttentionByHead(Kernels kernels, CudaDevice device, int most) {
    super(kernels);
    this.device = device;
    this.most = most == Integer.MAX_VALUE ? device.sharedBytesPerBlock() : most;
    String name = "causal_attention_head_" + WIDTH;
    Modules modules = kernels.modules();
    kernel =
        new Kernel(
            name, () -> modules.product("causal_attention", name, ElementType.BF16), THREADS);
  }

  /// Whether it did what [CudaCausalAttention#backward] wants.
  boolean backward(
      Tensor qkv, int heads, Tensor y, Tensor lse, Tensor dy, Tensor delta, Gradient dqkv) {
    int images = qkv.dim(0);
    int length = qkv.dim(1);
    int width = qkv.channels() / 3 / heads;
    if (qkv.type() != ElementType.BF16
        || width != WIDTH
        || Stream.of(qkv, dy).anyMatch(tensor -> tensor.address() % ALIGNMENT != 0)
        || !geometry.suitsBlockPerHead(images * heads)
        || !fits(length)) {
      return false;
    }
    launcher.begin().put(qkv).put(y).put(lse).put(dy).put(delta).put(dqkv);
    launcher.putInt(images).putInt(length).putInt(heads).putInt(width);
    launcher.launchWithShared(kernel, images * heads, 1, sharedBytes(length));
    return true;
  }

  private boolean fits(int length) {
    long bytes = sharedBytes(length);
    return bytes <= device.sharedBytesPerBlock()
        && RESIDENT * (bytes + OF_SYSTEM) <= (long) most + OF_SYSTEM;
  }

  /// The gradient of queries in the first tile of keys needs none: it is written at once.
  static int sharedBytes(int length) {
    int tiles = Math.ceilDiv(Math.max(0, length - KEYS), QUERIES);
    return Math.addExact(BUFFERS, Math.multiplyExact(tiles, QUERIES * WIDTH * Float.BYTES));
  }
}
