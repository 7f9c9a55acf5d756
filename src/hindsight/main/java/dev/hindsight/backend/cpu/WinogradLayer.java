package dev.hindsight.backend.cpu;

import dev.hindsight.backend.cpu.TapRuns.Run;
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
record WinogradLayer(List<WinogradRows> groups) {
  /// Below that products are too small to gain.
  private static final int LEAST_CHANNELS = 64;

  private record Place(int length, int slot) {}

  static WinogradLayer of(
      Stored stored, Loops loops, TapRuns all, int height, int width, int inputs, int outputs) {
    if (!stored.inPlace() || Math.min(inputs, outputs) < LEAST_CHANNELS) {
      return new WinogradLayer(List.of());
    }
    Map<Place, List<Run>> found = new LinkedHashMap<>();
    for (Run run : all.runs()) {
      List<Run> parts = parts(run);
      if (all.seesRow(run)
          && parts.stream().allMatch(part -> Winograd.pays(part.length(), width))) {
        for (Run part : parts) {
          Place place = new Place(part.length(), part.slot());
          found.computeIfAbsent(place, _ -> new ArrayList<>()).add(part);
        }
      }
    }
    AttentionLoops sums = loops.attention();
    List<WinogradRows> groups = new ArrayList<>();
    found.forEach(
        (place, runs) ->
            groups.add(
                new WinogradRows(
                    stored,
                    loops,
                    sums,
                    Winograd.of(place.length()),
                    all.with(runs),
                    height,
                    width,
                    inputs,
                    outputs)));
    return new WinogradLayer(List.copyOf(groups));
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

  /// Floats that a thread needs forward.
  long forwardRoom() {
    long most = 0;
    for (WinogradRows group : groups) {
      most = Math.max(most, group.forwardRoom());
    }
    return most;
  }

  /// The same backward.
  long backwardRoom() {
    long most = 0;
    for (WinogradRows group : groups) {
      most = Math.max(most, group.backwardRoom());
    }
    return most;
  }

  /// Floats of the weights' values.
  long weights() {
    long all = 0;
    for (WinogradRows group : groups) {
      all += group.weights();
    }
    return all;
  }

  /// Values of all taps, in either order of channels.
  void weights(Workers workers, long w, long to) {
    long at = to;
    for (WinogradRows group : groups) {
      long values = at;
      workers.run(group.shares(), (share, worker) -> group.weights(share, w, values));
      at = Raw.at(at, group.weights());
    }
  }

  /// As [WinogradRows#forward].
  void forward(long x, long values, long turned, long room, long y) {
    long at = values;
    for (int k = 0; k < groups.size(); k++) {
      groups.get(k).forward(x, at, turned, room, y);
      at = Raw.at(at, groups.get(k).weights());
    }
  }

  /// As [WinogradRows#backward].
  void backward(long dy, long values, long w, long room, long dx) {
    long at = values;
    for (int k = 0; k < groups.size(); k++) {
      groups.get(k).backward(dy, at, w, room, dx);
      at = Raw.at(at, groups.get(k).weights());
    }
  }
}
