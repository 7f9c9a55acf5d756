package dev.hindsight.backend.cpu.pointwise;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Gradients;
import dev.hindsight.backend.LayerNorm;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.loops.LayerNormLoops;
import dev.hindsight.backend.cpu.loops.Loops;
import dev.hindsight.backend.cpu.loops.WarmUp;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import dev.hindsight.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Some rows at a time: they are read from memory once and stay in the cache for all that is done
/// to them.
public final class CpuLayerNorm implements LayerNorm {
  /// Floats of a block of rows, of which backward has five in the first-level cache.
  private static final int BLOCK = 1 << 11;

  /// Floats of a share, to be divided among whole rows.
  private static final int SHARE = 1 << 15;

  /// Gradients of gain and bias are summed per share, so few and long shares.
  private static final int MOST_SHARES = 64;

  private final Engine engine;

  public CpuLayerNorm(Engine engine) {
    this.engine = engine;
  }

  private static int rowsOfBlock(int channels) {
    return Math.max(1, BLOCK / channels);
  }

  @Override
  public void forward(
      Tensor x, Tensor gain, Tensor bias, boolean relu, Tensor y, Tensor mean, Tensor rstd) {
    WarmUp.LAYER_NORM.before();
    int channels = x.channels();
    int share = Math.max(1, SHARE / channels);
    engine.scratch().reserve(engine.stored(x).room((long) rowsOfBlock(channels) * channels));
    Parameters parameters = new Parameters(gain.address(), bias.address(), relu);
    long m = mean.address();
    long r = rstd.address();
    if (x.rows() <= share) {
      forward(engine.matrix(x), parameters, engine.matrix(y), m, r, engine.own(0));
      return;
    }
    Matrix in = engine.matrix(x);
    Matrix out = engine.matrix(y);
    engine.runBlocks(
        in.rows(),
        share,
        (row, rows, worker) ->
            forward(
                in.rows(row, rows),
                parameters,
                out.rows(row, rows),
                Native.at(m, row),
                Native.at(r, row),
                engine.own(worker)));
  }

  /// @param relu whether the result is the ReLU
  private record Parameters(long gain, long bias, boolean relu) {}

  private void forward(Matrix x, Parameters p, Matrix y, long mean, long rstd, long room) {
    Stored stored = x.stored();
    int most = rowsOfBlock(x.columns());
    for (int row = 0; row < x.rows(); row += most) {
      int rows = Math.min(most, x.rows() - row);
      long count = (long) rows * x.columns();
      long from = stored.fetch(x.row(row), room, count);
      long m = Native.at(mean, row);
      long r = Native.at(rstd, row);
      LayerNormLoops.means(from, rows, x.columns(), m);
      LayerNormLoops.scales(from, rows, x.columns(), m, r);
      long to = stored.floats(y.row(row), room);
      LayerNormLoops.normalize(from, rows, x.columns(), m, r, p.gain, p.bias, to);
      if (p.relu) {
        Loops.activate(Activation.RELU, to, to, count);
      }
      stored.store(to, y.row(row), count);
    }
  }

  @Override
  public void backward(
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      @Nullable Tensor y,
      Tensor dy,
      Gradients to) {
    WarmUp.LAYER_NORM.before();
    Matrix in = engine.matrix(x);
    Matrix out = engine.matrixOrNull(y);
    Matrix errors = engine.matrix(dy);
    Matrix slopes = engine.matrixOrNull(to.dx());
    Tensor dgain = to.dw();
    Tensor dbias = to.db();
    boolean add = Engine.adds(to.dx());
    long gains = gain.address();
    long means = mean.address();
    long scales = rstd.address();
    Stored stored = in.stored();
    int channels = in.columns();
    int most = rowsOfBlock(channels);
    long block = (long) most * channels;
    int share = Math.max(Math.max(1, SHARE / channels), Math.ceilDiv(in.rows(), MOST_SHARES));
    int shares = Math.ceilDiv(in.rows(), share);
    // Blocks of x, dy and y or dx where they are bf16, one of dy before the ReLU, and the numbers.
    engine.scratch().reserve(stored.room(3 * block) + block + 4L * most);
    engine.shared().reserve(2L * shares * channels);
    Matrix partial = Matrix.dense(engine.fp32(), engine.shared().of(0), 2 * shares, channels);
    Loops.fill(0, partial.address(), 2L * shares * channels);
    engine.runBlocks(
        in.rows(),
        share,
        (begin, some, worker) -> {
          long room = engine.own(worker);
          long next = Native.at(room, stored.room(block));
          long last = Native.at(room, stored.room(2 * block));
          long beforeRelu = Native.at(room, stored.room(3 * block));
          long numbers = Native.at(beforeRelu, block);
          int own = 2 * (begin / share);
          for (int row = begin; row < begin + some; row += most) {
            int rows = Math.min(most, begin + some - row);
            long count = (long) rows * channels;
            long from = stored.fetch(in.row(row), room, count);
            long up = stored.fetch(errors.row(row), next, count);
            if (out != null) {
              long known = stored.fetch(out.row(row), last, count);
              Native.copy(up, beforeRelu, count);
              Loops.scaleBySlope(Activation.RELU, known, beforeRelu, count);
              up = beforeRelu;
            }
            long m = Native.at(means, row);
            long r = Native.at(scales, row);
            if (dgain != null || dbias != null) {
              LayerNormLoops.addGains(
                  from, rows, channels, m, r, up, partial.row(own), partial.row(own + 1));
            }
            if (slopes != null) {
              long down = stored.floats(slopes.row(row), last);
              if (add) {
                stored.fetch(slopes.row(row), last, count);
              } else {
                Loops.fill(0, down, count);
              }
              Native.copy(m, numbers, rows);
              Native.copy(r, Native.at(numbers, rows), rows);
              LayerNormLoops.averages(from, rows, channels, numbers, gains, up);
              LayerNormLoops.backward(from, rows, channels, numbers, gains, up, down);
              stored.store(down, slopes.row(row), count);
            }
          }
        });
    for (int k = 0; k < shares; k++) {
      if (dgain != null) {
        Loops.add(dgain.address(), partial.row(2 * k), dgain.address(), channels);
      }
      if (dbias != null) {
        Loops.add(dbias.address(), partial.row(2 * k + 1), dbias.address(), channels);
      }
    }
  }
}
