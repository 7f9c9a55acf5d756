package dev.hindsight.backend.cuda;

import dev.hindsight.backend.CausalAttention;
import dev.hindsight.backend.cuda.launch.KernelLauncher.Kernel;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.Modules;
import dev.hindsight.backend.cuda.launch.Variants;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Gradient;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Launches `causal_attention.cu`, `triangular_softmax.cu` and `attend_step.cu`.
final class CudaCausalAttention extends CudaFamily implements CausalAttention {
  private static final int SOFTMAX_THREADS = 128;

  /// How a kernel cuts a head: threads of a block, and rows that it has.
  private record Cut(int threads, int rows) {}

  private static final Cut STAGED =
      new Cut(224, 112); // ATTENTION_THREADS, ROWS: attention_tile.cuh
  private static final Cut FORWARD = new Cut(256, 128); // FORWARD_ in attention_stream_forward.cuh
  private static final Cut BACKWARD =
      new Cut(128, 64); // BACKWARD_ in attention_stream_backward.cuh
  private static final int STEP_THREADS = 128;

  /// Of heads: each has kernels of its own, and a head goes to the first that is not narrower.
  private static final int[] WIDTHS = {16, 32, 48, 64, 96, 128};

  /// In bf16 heads of up to this width stream through `attention_stream.cuh`.
  private static final int WIDEST_STREAMED = 64;

  private final Modules modules;
  private final Map<List<Object>, Passes> fused = new HashMap<>(); // loaded at their first use
  private final AttentionByHead byHead;
  private final Variants softmax;
  private final Variants softmaxBackward;
  private final Kernel attendStep;

  CudaCausalAttention(Kernels kernels, AttentionByHead byHead) {
    super(kernels);
    this.byHead = byHead;
    this.modules = kernels.modules();
    String file = "triangular_softmax";
    softmax = kernels.variants(file, file, SOFTMAX_THREADS);
    softmaxBackward = kernels.variants(file, file + "_backward", SOFTMAX_THREADS);
    attendStep = kernels.kernel("attend_step", "attend_step", STEP_THREADS);
  }

  private record Pass(Kernel kernel, int rows) {}

  /// The kernels of one width of heads.
  private record Passes(Pass forward, Pass dq, Pass dkv) {}

  /// Those for heads of this width and type.
  private Passes passes(int width, ElementType type) {
    int columns = Arrays.stream(WIDTHS).filter(w -> width <= w).findFirst().orElseThrow();
    boolean streamed = type == ElementType.BF16 && columns <= WIDEST_STREAMED;
    Cut back = streamed ? BACKWARD : STAGED;
    return fused.computeIfAbsent(
        List.of(columns, type),
        _ ->
            new Passes(
                pass("causal_attention_" + columns, type, streamed ? FORWARD : STAGED),
                pass("causal_attention_dq_" + columns, type, back),
                pass("causal_attention_dkv_" + columns, type, back)));
  }

  private Pass pass(String name, ElementType type, Cut cut) {
    var kernel =
        new Kernel(name, () -> modules.product("causal_attention", name, type), cut.threads);
    return new Pass(kernel, cut.rows);
  }

  @Override
  public void forward(Tensor qkv, int heads, Tensor y, Tensor lse) {
    launcher.begin().put(qkv).put(y).put(lse);
    launch(qkv, heads, Passes::forward);
  }

  @Override
  public void backward(
      Tensor qkv, int heads, Tensor y, Tensor lse, Tensor dy, Tensor delta, Gradient dqkv) {
    if (byHead.backward(qkv, heads, y, lse, dy, delta, dqkv)) {
      return;
    }
    launcher.begin().put(qkv).put(y).put(lse).put(dy).put(delta).put(dqkv);
    launch(qkv, heads, Passes::dq);
    launcher.begin().put(qkv).put(lse).put(dy).put(delta).put(dqkv);
    launch(qkv, heads, Passes::dkv);
  }

  private interface Choice {
    Pass of(Passes passes);
  }

  private void launch(Tensor qkv, int heads, Choice choice) {
    int images = qkv.dim(0);
    int length = qkv.dim(1);
    int width = qkv.channels() / 3 / heads;
    launcher.putInt(images).putInt(length).putInt(heads).putInt(width);
    Pass pass = choice.of(passes(width, qkv.type()));
    launcher.launch(pass.kernel, geometry.attentionBlocks(images * heads, length, pass.rows), 1);
  }

  @Override
  public void triangularSoftmax(Tensor scores, float scale, Tensor p) {
    int length = scores.channels();
    launcher
        .begin()
        .put(scores)
        .putFloat(scale)
        .put(p)
        .putInt(scores.rows() / length)
        .putInt(length);
    launcher.launch(softmax.of(scores), geometry.rowPairs(scores.rows() / length, length), 1);
  }

  @Override
  public void triangularSoftmaxBackward(Tensor p, float scale, Tensor dp, Tensor dscores) {
    int length = p.channels();
    launcher.begin().put(p).putFloat(scale).put(dp).put(dscores);
    launcher.putInt(p.rows() / length).putInt(length);
    launcher.launch(softmaxBackward.of(p), geometry.rowPairs(p.rows() / length, length), 1);
  }

  @Override
  public void attendStep(
      Tensor qkv, int heads, int position, Tensor keys, Tensor values, Tensor y) {
    int images = qkv.rows();
    int width = keys.channels() / heads;
    launcher.begin().put(qkv).put(keys).put(values).put(y).putInt(keys.dim(1));
    launcher.putInt(heads).putInt(width).putInt(position);
    launcher.launch(attendStep, images * heads, 1);
  }
}
