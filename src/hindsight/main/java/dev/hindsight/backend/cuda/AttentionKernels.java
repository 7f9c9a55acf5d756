package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Attention;
import dev.hindsight.backend.cuda.Launcher.Kernel;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// Launches `triangular_softmax.cu`, `causal_attention.cu` and `attend_step.cu`.
final class AttentionKernels implements Attention {
  private static final int SOFTMAX_THREADS = 128;
  private static final int TILE_THREADS = 224; // ATTENTION_THREADS in attention_tile.cuh
  private static final int STEP_THREADS = 128;

  /// Of heads: each has kernels of its own, and a head goes to the first that is not narrower.
  private static final int[] WIDTHS = {16, 32, 48, 64, 96, 128};

  private final Modules modules;
  private final Launcher launcher;
  private final Shapes shapes;
  private final Kernel softmax;
  private final Kernel softmaxBackward;
  private final Map<Integer, Kernels> fused = new HashMap<>(); // loaded at their first use
  private final Kernel attendStep;

  /// Those of one width of heads.
  private record Kernels(Kernel forward, Kernel dq, Kernel dkv) {}

  AttentionKernels(Modules modules, Launcher launcher, Shapes shapes) {
    this.modules = modules;
    this.launcher = launcher;
    this.shapes = shapes;
    String file = "triangular_softmax";
    softmax = new Kernel(file, modules.function(file, file), SOFTMAX_THREADS);
    String backward = file + "_backward";
    softmaxBackward = new Kernel(backward, modules.function(file, backward), SOFTMAX_THREADS);
    String step = "attend_step";
    attendStep = new Kernel(step, modules.function(step, step), STEP_THREADS);
  }

  /// Those for heads of this width.
  private Kernels kernels(int width) {
    int columns = Arrays.stream(WIDTHS).filter(w -> width <= w).findFirst().orElseThrow();
    return fused.computeIfAbsent(
        columns,
        n ->
            new Kernels(
                kernel("causal_attention_" + n),
                kernel("causal_attention_dq_" + n),
                kernel("causal_attention_dkv_" + n)));
  }

  private Kernel kernel(String name) {
    return new Kernel(name, modules.product("causal_attention", name), TILE_THREADS);
  }

  @Override
  public void triangularSoftmax(Tensor scores, float scale, Tensor p) {
    if (p.size() == 0) {
      return;
    }
    int length = scores.channels();
    launcher.put(scores).putFloat(scale).put(p).putInt(scores.rows() / length).putInt(length);
    launcher.launch(softmax, shapes.rowPairs(scores.rows() / length, length), 1);
  }

  @Override
  public void triangularSoftmaxBackward(Tensor p, float scale, Tensor dp, Tensor dscores) {
    if (p.size() == 0) {
      return;
    }
    int length = p.channels();
    launcher.put(p).putFloat(scale).put(dp).put(dscores);
    launcher.putInt(p.rows() / length).putInt(length);
    launcher.launch(softmaxBackward, shapes.rowPairs(p.rows() / length, length), 1);
  }

  @Override
  public void causalAttention(Tensor qkv, int heads, Tensor y, Tensor lse) {
    if (y.size() == 0) {
      return;
    }
    launcher.put(qkv).put(y).put(lse);
    launch(qkv, heads, Kernels::forward);
  }

  @Override
  public void causalAttentionBackward(
      Tensor qkv, int heads, Tensor y, Tensor lse, Tensor dy, Tensor delta, Tensor dqkv) {
    if (y.size() == 0) {
      return;
    }
    launcher.put(qkv).put(y).put(lse).put(dy).put(delta).put(dqkv);
    launch(qkv, heads, Kernels::dq);
    launcher.put(qkv).put(lse).put(dy).put(delta).put(dqkv);
    launch(qkv, heads, Kernels::dkv);
  }

  private interface Choice {
    Kernel of(Kernels kernels);
  }

  private void launch(Tensor qkv, int heads, Choice choice) {
    int images = qkv.dim(0);
    int length = qkv.dim(1);
    int width = qkv.channels() / 3 / heads;
    launcher.putInt(images).putInt(length).putInt(heads).putInt(width);
    launcher.launch(choice.of(kernels(width)), shapes.attentionBlocks(images * heads, length), 1);
  }

  @Override
  public void attendStep(
      Tensor qkv, int heads, int position, Tensor keys, Tensor values, Tensor y) {
    if (y.size() == 0) {
      return;
    }
    int images = qkv.rows();
    int width = keys.channels() / heads;
    launcher.put(qkv).put(keys).put(values).put(y).putInt(keys.dim(1));
    launcher.putInt(heads).putInt(width).putInt(position);
    launcher.launch(attendStep, images * heads, 1);
  }
}
