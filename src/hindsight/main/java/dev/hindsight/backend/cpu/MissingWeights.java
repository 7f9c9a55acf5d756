package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Degrees;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Where Adam has nothing to do: the weights of masked layers that do not exist, nearly half of a
/// MADE, whose weight, gradient and moments are all zero.
///
/// Exact, not trusted: a layer is learnt from its backward op; before its first use the zeros are
/// looked at; and whatever writes to one of the four tensors from then on, other than backward and
/// Adam themselves, makes them be looked at again.
final class MissingWeights {
  private final Loops loops;
  private final List<Layer> layers = new ArrayList<>();

  MissingWeights(Loops loops) {
    this.loops = loops;
  }

  /// The addresses of a layer's weight, gradient and moments; `w`, `m`, `v` are 0 until looked at.
  static final class Layer {
    private final Degrees degrees;
    private final long dw;
    private final long bytes;
    private long w;
    private long m;
    private long v;

    private Layer(long dw, Degrees degrees) {
      this.dw = dw;
      this.degrees = degrees;
      this.bytes = bytes(degrees);
    }

    private static long bytes(Degrees degrees) {
      return (long) degrees.outputs() * degrees.inputs() * Float.BYTES;
    }

    private boolean overlaps(long address, long size) {
      return overlaps(dw, address, size)
          || overlaps(w, address, size)
          || overlaps(m, address, size)
          || overlaps(v, address, size);
    }

    private boolean overlaps(long start, long address, long size) {
      return start != 0 && start < address + size && address < start + bytes;
    }

    private boolean known(long toW, long toM, long toV) {
      return w == dw + toW && m == dw + toM && v == dw + toV;
    }
  }

  /// Backward has added to the gradient at `dw`, where `degrees` lets it.
  void gradient(long dw, Degrees degrees) {
    for (Layer layer : layers) {
      if (layer.dw == dw && layer.degrees == degrees) {
        return;
      }
    }
    written(dw, Layer.bytes(degrees));
    layers.add(new Layer(dw, degrees));
    layers.sort(Comparator.comparingLong(layer -> layer.dw));
  }

  /// Something else than backward and Adam writes there.
  void written(long address, long bytes) {
    for (int k = layers.size() - 1; k >= 0; k--) {
      if (layers.get(k).overlaps(address, bytes)) {
        layers.remove(k); // the next backward adds it again
      }
    }
  }

  /// Before a step of Adam: forgets layers whose missing weights are not all zero.
  void look(long w, long dw, long m, long v, long count) {
    for (int k = layers.size() - 1; k >= 0; k--) {
      Layer layer = layers.get(k);
      boolean inside = layer.dw >= dw && layer.dw + layer.bytes <= Raw.at(dw, count);
      if (inside && !layer.known(w - dw, m - dw, v - dw)) {
        layer.w = layer.dw + (w - dw);
        layer.m = layer.dw + (m - dw);
        layer.v = layer.dw + (v - dw);
        if (!allZero(layer)) {
          layers.remove(k);
        }
      }
    }
  }

  private boolean allZero(Layer layer) {
    int inputs = layer.degrees.inputs();
    for (int o = 0; o < layer.degrees.outputs(); o++) {
      int live = layer.degrees.live(o);
      long offset = Raw.at(0, o, inputs, live);
      int missing = inputs - live;
      if (!loops.allZero(layer.w + offset, missing)
          || !loops.allZero(layer.dw + offset, missing)
          || !loops.allZero(layer.m + offset, missing)
          || !loops.allZero(layer.v + offset, missing)) {
        return false;
      }
    }
    return true;
  }

  /// A piece of the flat tensors, in floats from their start.
  @FunctionalInterface
  interface Piece {
    void run(long from, long count);
  }

  /// Calls `piece` for all of `from .. to - 1` but weights that do not exist. Pieces end at whole
  /// vectors where a row has room: a few zeros more are cheaper than single elements.
  void forExisting(long dw, long from, long to, Piece piece) {
    long at = from;
    for (Layer layer : layers) {
      long start = Math.floorDiv(layer.dw - dw, Float.BYTES);
      long end = Math.min(to, start + layer.bytes / Float.BYTES);
      if (at >= end || start >= to) {
        continue;
      }
      if (at < start) {
        piece.run(at, start - at);
        at = start;
      }
      at = rows(layer, start, at, end, piece);
    }
    if (at < to) {
      piece.run(at, to - at);
    }
  }

  private static long rows(Layer layer, long start, long from, long end, Piece piece) {
    int inputs = layer.degrees.inputs();
    long at = from;
    while (at < end) {
      int o = (int) ((at - start) / inputs);
      long row = start + (long) o * inputs;
      long live = Math.min(inputs, (layer.degrees.live(o) + 63L) / 64 * 64);
      long stop = Math.min(end, row + live);
      if (at < stop) {
        piece.run(at, stop - at);
      }
      at = Math.min(end, row + inputs);
    }
    return at;
  }
}
