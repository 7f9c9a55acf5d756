package dev.hindsight.verify;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Taps;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.PixelOrder;
import dev.hindsight.model.gatedpixelcnn.GatedPixelCnn;
import dev.hindsight.model.lstm.Lstm;
import dev.hindsight.model.made.Made;
import dev.hindsight.model.pixelcnn.PixelCnn;
import dev.hindsight.model.pixelrnn.PixelRnn;
import dev.hindsight.model.transformer.Transformer;
import dev.hindsight.model.wavenet.WaveNet;
import dev.hindsight.nn.CausalConv1d;
import dev.hindsight.nn.DiagonalBiLstm;
import dev.hindsight.nn.MaskedConv2d;
import dev.hindsight.nn.MaskedLinear;
import dev.hindsight.nn.RowLstm;
import dev.hindsight.ops.Ops;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;

/// Which pixels each logit may depend on, whatever the weights are. It follows from a model's
/// structure: [Degrees], [Taps], dilations, the triangle of attention. Or it is measured.
public final class Sight {
  private static final int SIDE = AutoregressiveModel.SIDE;
  private static final int PIXELS = AutoregressiveModel.PIXELS;

  private final BitSet[] seen; // by logit

  private Sight(BitSet[] seen) {
    this.seen = seen;
  }

  /// What a model's layers say.
  ///
  /// @param model one of Hindsight's own
  public static Sight of(AutoregressiveModel model) {
    return new Sight(
        switch (model) {
          case Made made -> ofMade(made);
          case WaveNet net -> ofWaveNet(net);
          case PixelCnn net -> ofPixelCnn(net);
          case GatedPixelCnn net -> ofGatedPixelCnn(net);
          case Transformer net -> net.blocks().isEmpty() ? previous() : upToEach(previous());
          case Lstm _ -> upToEach(previous()); // the state carries all that was read
          case PixelRnn net -> ofPixelRnn(net);
          default ->
              throw new IllegalArgumentException(
                  "sight: the structure of %s is not known; measure it"
                      .formatted(model.config().name()));
        });
  }

  /// What a model really reads: image `i` of a batch is NaN at pixel `i` alone, and NaN survives
  /// every operation.
  public static Sight measured(Backend backend, AutoregressiveModel model) {
    float[] images = new float[PIXELS * PIXELS];
    for (int p = 0; p < PIXELS; p++) {
      images[p * PIXELS + p] = Float.NaN;
    }
    BitSet[] seen = nothing();
    try (Scope scope = backend.open("sight")) {
      Tensor x = scope.floats(PIXELS, PIXELS);
      backend.write(x, images);
      float[] logits = backend.readFloats(model.logits(new Ops(backend, scope, null), x));
      for (int image = 0; image < PIXELS; image++) {
        for (int p = 0; p < PIXELS; p++) {
          seen[p].set(image, Float.isNaN(logits[image * PIXELS + p]));
        }
      }
    }
    return new Sight(seen);
  }

  public boolean sees(int logit, int pixel) {
    return seen[logit].get(pixel);
  }

  /// The pixels that a logit sees.
  public BitSet of(int logit) {
    return (BitSet) seen[logit].clone();
  }

  /// Pairs of a logit and an earlier pixel that it does not see.
  public long missed() {
    return IntStream.range(0, PIXELS).mapToLong(p -> p - seen[p].get(0, p).cardinality()).sum();
  }

  /// Pairs of a logit and its own or a later pixel that it sees; an autoregressive model has none.
  public long leaks() {
    return IntStream.range(0, PIXELS).mapToLong(p -> seen[p].get(p, PIXELS).cardinality()).sum();
  }

  /// All 784 sets, 98 bytes each: pixel `p` is bit `p mod 8` of byte `p / 8`.
  public byte[] bytes() {
    byte[] all = new byte[PIXELS * PIXELS / 8];
    for (int p = 0; p < PIXELS; p++) {
      byte[] row = seen[p].toByteArray();
      System.arraycopy(row, 0, all, p * PIXELS / 8, row.length);
    }
    return all;
  }

  // ---- from layer to layer

  private static BitSet[] nothing() {
    return IntStream.range(0, PIXELS).mapToObj(_ -> new BitSet(PIXELS)).toArray(BitSet[]::new);
  }

  private static BitSet[] pixels() {
    BitSet[] each = nothing();
    for (int p = 0; p < PIXELS; p++) {
      each[p].set(p);
    }
    return each;
  }

  /// Place `t` holds pixel t - 1.
  private static BitSet[] previous() {
    BitSet[] each = nothing();
    for (int t = 1; t < PIXELS; t++) {
      each[t].set(t - 1);
    }
    return each;
  }

  /// Each place reads itself and all before it: the triangle of attention, or a recurrence.
  private static BitSet[] upToEach(BitSet[] below) {
    BitSet[] above = nothing();
    for (int t = 0; t < PIXELS; t++) {
      above[t].or(below[t]);
      if (t > 0) {
        above[t].or(above[t - 1]);
      }
    }
    return above;
  }

  private static BitSet[] ofMade(Made made) {
    BitSet[] below = pixels();
    for (MaskedLinear layer : made.layers()) {
      Degrees degrees = layer.degrees();
      BitSet[] above = new BitSet[degrees.outputs()];
      BitSet all = new BitSet(PIXELS);
      int joined = 0;
      for (int o = 0; o < above.length; o++) {
        while (joined < degrees.live(o)) { // which never falls
          all.or(below[joined++]);
        }
        above[o] = (BitSet) all.clone();
      }
      below = above;
    }
    return made.order().isRaster() ? below : byPixel(below, made.order());
  }

  /// From what each place sees of places.
  private static BitSet[] byPixel(BitSet[] byPlace, PixelOrder order) {
    BitSet[] seen = nothing();
    for (int p = 0; p < PIXELS; p++) {
      byPlace[p].stream().map(order::pixel).forEach(seen[order.pixel(p)]::set);
    }
    return seen;
  }

  private static BitSet[] ofWaveNet(WaveNet net) {
    BitSet[] seen = through(net.first(), previous());
    for (WaveNet.Block block : net.blocks()) {
      seen = through(block.mix(), through(block.dilated(), seen)); // the residual is the tap at 0
    }
    return through(net.output(), seen);
  }

  private static BitSet[] through(CausalConv1d conv, BitSet[] below) {
    BitSet[] above = nothing();
    for (int t = 0; t < PIXELS; t++) {
      for (int back = 0; back <= Math.min(t, conv.reach()); back += conv.dilation()) {
        above[t].or(below[t - back]);
      }
    }
    return above;
  }

  private static BitSet[] ofPixelCnn(PixelCnn net) {
    BitSet[] seen = through(net.first().taps(), pixels());
    for (MaskedConv2d conv : net.convolutions()) {
      seen = through(conv.taps(), seen);
    }
    return seen;
  }

  private static BitSet[] ofGatedPixelCnn(GatedPixelCnn net) {
    BitSet[] h = through(net.firstH().taps(), pixels());
    BitSet[] v = through(net.firstV().taps(), pixels());
    for (GatedPixelCnn.Block block : net.blocks()) {
      v = through(block.v().taps(), v);
      BitSet[] told = through(block.vToH().taps(), v);
      h = join(h, join(through(block.h().taps(), h), told));
    }
    return through(net.output().taps(), h);
  }

  private static BitSet[] ofPixelRnn(PixelRnn net) {
    BitSet[] seen = through(net.first().taps(), pixels());
    for (PixelRnn.Block block : net.blocks()) {
      seen =
          join(
              seen,
              switch (block.lstm()) {
                case RowLstm lstm -> throughRows(lstm, seen);
                case DiagonalBiLstm _ -> throughDiagonals(seen);
              });
    }
    return seen;
  }

  private static BitSet[] throughRows(RowLstm lstm, BitSet[] below) {
    BitSet[] states = through(lstm.input().taps(), below);
    for (int p = SIDE; p < PIXELS; p++) { // rows above are whole
      addRowAbove(lstm.state().taps(), p, states);
    }
    return states;
  }

  /// From the right a row further down.
  private static BitSet[] throughDiagonals(BitSet[] below) {
    BitSet[] states = fromCorner(below, false);
    BitSet[] leftward = fromCorner(below, true);
    for (int p = SIDE; p < PIXELS; p++) {
      states[p].or(leftward[p - SIDE]);
    }
    return states;
  }

  private static BitSet[] fromCorner(BitSet[] below, boolean leftward) {
    BitSet[] states = nothing();
    for (int row = 0; row < SIDE; row++) {
      for (int along = 0; along < SIDE; along++) {
        int p = row * SIDE + (leftward ? SIDE - 1 - along : along);
        states[p].or(below[p]);
        if (row > 0) {
          states[p].or(states[p - SIDE]);
        }
        if (along > 0) {
          states[p].or(states[leftward ? p + 1 : p - 1]);
        }
      }
    }
    return states;
  }

  private static void addRowAbove(Taps taps, int p, BitSet[] states) {
    for (int tap : taps.live()) {
      int column = p % SIDE + taps.right(tap);
      if (column >= 0 && column < SIDE) {
        states[p].or(states[p - SIDE + taps.right(tap)]);
      }
    }
  }

  private static BitSet[] through(Taps taps, BitSet[] below) {
    BitSet[] above = nothing();
    for (int p = 0; p < PIXELS; p++) {
      for (int tap : taps.live()) {
        int row = p / SIDE + taps.down(tap);
        int column = p % SIDE + taps.right(tap);
        if (row >= 0 && row < SIDE && column >= 0 && column < SIDE) {
          above[p].or(below[row * SIDE + column]);
        }
      }
    }
    return above;
  }

  private static BitSet[] join(BitSet[] a, BitSet[] b) {
    BitSet[] both = nothing();
    for (int p = 0; p < PIXELS; p++) {
      both[p].or(a[p]);
      both[p].or(b[p]);
    }
    return both;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Sight sight && Arrays.equals(seen, sight.seen);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(seen);
  }
}
