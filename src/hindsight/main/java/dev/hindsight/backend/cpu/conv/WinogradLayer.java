package dev.hindsight.backend.cpu.conv;

import dev.hindsight.backend.cpu.conv.CpuMaskedConv2d.Layer;
import dev.hindsight.backend.cpu.conv.TapRuns.Run;
import dev.hindsight.backend.cpu.core.Engine;
import dev.hindsight.backend.cpu.machine.Native;
import dev.hindsight.backend.cpu.product.Matrix;
import dev.hindsight.backend.cpu.product.Stored;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The taps of a convolution that take fewer multiplications as [WinogradRows]; perhaps none. The
/// gradients of their weights are plain products: sums over a whole batch would round too much.
///
/// Rounding lets an output feel its neighbours in the tile. So this has only rows that a pixel may
/// see whole: those above or below its own, and its own where it sees beyond itself.
///
/// @param groups of rows of taps of one length and place each
/// @param room floats that a thread needs
/// @param weights floats of the weights' values
record WinogradLayer(List<WinogradRows> groups, long room, long weights) {
  /// Below that products are too small to gain.
  private static final int LEAST_CHANNELS = 64;

  private record Place(int length, int slot) {}

  static WinogradLayer of(Stored stored, TapRuns all, Layer layer) {
    if (!stored.inPlace() || Math.min(layer.inputs(), layer.outputs()) < LEAST_CHANNELS) {
      return of(List.of());
    }
    Map<Place, List<Run>> found = new LinkedHashMap<>();
    for (Run run : all.runs()) {
      List<Run> parts = parts(run);
      if (all.seesRow(run)
          && parts.stream().allMatch(part -> Winograd.pays(part.length(), layer.width()))) {
        for (Run part : parts) {
          Place place = new Place(part.length(), part.slot());
          found.computeIfAbsent(place, _ -> new ArrayList<>()).add(part);
        }
      }
    }
    List<WinogradRows> groups = new ArrayList<>();
    found.forEach(
        (place, runs) -> {
          Winograd form = Winograd.of(place.length());
          groups.add(new WinogradRows(stored.fp32(), form, all.with(runs), layer));
        });
    return of(List.copyOf(groups));
  }

  private static WinogradLayer of(List<WinogradRows> groups) {
    return new WinogradLayer(
        groups,
        groups.stream().mapToLong(WinogradRows::room).max().orElse(0),
        groups.stream().mapToLong(WinogradRows::weights).sum());
  }

  /// Of about the same length, none longer than [Winograd] takes.
  private static List<Run> parts(Run run) {
    int count = Math.ceilDiv(run.length(), Winograd.MOST_WEIGHTS);
    List<Run> parts = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      int from = run.length() * k / count;
      int to = run.length() * (k + 1) / count;
      parts.add(new Run(run.first() + from, to - from, run.down(), run.slot() + from));
    }
    return parts;
  }

  /// Whether a run of taps that begins with this one is among these.
  boolean has(int tap) {
    for (int k = 0; k < groups.size(); k++) {
      for (int j = 0; j < groups.get(k).rows().runs().size(); j++) {
        if (groups.get(k).rows().runs().get(j).first() == tap) {
          return true;
        }
      }
    }
    return false;
  }

  /// Values of all taps, in either order of channels.
  void weights(Engine engine, Matrix w, long to) {
    long at = to;
    for (WinogradRows group : groups) {
      long values = at;
      engine.run(group.shares(), (share, worker) -> group.weights(share, w, values));
      at = Native.at(at, group.weights());
    }
  }

  /// As [WinogradRows#forward].
  void forward(Matrix x, long values, Matrix turned, long room, Matrix y) {
    long at = values;
    for (int k = 0; k < groups.size(); k++) {
      groups.get(k).forward(x, at, turned, room, y);
      at = Native.at(at, groups.get(k).weights());
    }
  }

  /// As [WinogradRows#backward].
  void backward(Matrix dy, long values, Matrix w, long room, Matrix dx) {
    long at = values;
    for (int k = 0; k < groups.size(); k++) {
      groups.get(k).backward(dy, at, w, room, dx);
      at = Native.at(at, groups.get(k).weights());
    }
  }
}
