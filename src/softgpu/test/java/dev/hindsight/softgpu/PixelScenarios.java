package dev.hindsight.softgpu;

import dev.hindsight.softgpu.base.Dim3;
import java.util.ArrayList;
import java.util.List;

/// Launches of the kernel that draws whole images pixel by pixel, by plans as `pixel_sample.cuh`
/// has them. Sizes are no multiples of 4 and fill no tile.
final class PixelScenarios {
  private static final int DRAW = 0; // when
  private static final int ROW = 1;
  private static final int PIXEL = 2;
  private static final int PRODUCT = 0; // kinds
  private static final int LOGIT = 1;
  private static final int TAPS = 2;
  private static final int SQUASH = 4;
  private static final int ATTEND = 5;
  private static final int PERCEPTRON = 6;
  private static final int PLAIN = 0; // finishes
  private static final int POSITIVE = 1;
  private static final int SMOOTH = 2;
  private static final int GATE = 3;

  private final TestDevice device;
  private final int images;
  private final List<Integer> phases = new ArrayList<>();
  private final List<Integer> steps = new ArrayList<>();
  private final List<Integer> terms = new ArrayList<>();
  private int seed = 2;

  private PixelScenarios(TestDevice device, int images) {
    this.device = device;
    this.images = images;
  }

  /// Layers of 5 channels: taps over the image and an embedding, a gate that sees the pixel at
  /// hand, the one to the left and a row's norm of what lies above, and a norm behind it whose
  /// values are kept for later pixels. Seven pixels in rows of three, of which two are given.
  static float[] layers(TestDevice device, String kernel) {
    var s = new PixelScenarios(device, 3);
    int c = 5;
    long h = s.ring(4, c);
    long above = s.ring(3, 2 * c);
    long v = s.ring(6, c);
    long told = device.floats("told", new float[3 * 3 * 2 * c]);
    long gate = s.ring(1, c);
    long out = s.ring(1, c);
    long kept = s.ring(2, c);

    s.phase(DRAW, 1, 3);
    s.step(LOGIT, PLAIN, 1, 2, s.weights(1), 0, 0, 0, 0);
    s.tiles(1, 1, 1, -1, 1, 1, 1, 3, 3, 0);
    s.term(s.weights(c), out, c, 1, 0, 0, true);
    s.term(s.weights(c), kept, c, 2, 1, 0, true);
    s.first(POSITIVE, c, 2, s.weights(c), s.weights(2 * c), h, s.weights(7 * c)); // with the logit
    s.tiles(2, 4, 1, 0, 1, 1, 1, 3, 3, 0);
    s.term(s.weights(c), 0, 1, 1, 1, -1, false);
    s.term(s.weights(c), 0, 1, 1, 3, 0, false);

    s.phase(ROW, 1, 3);
    s.step(PRODUCT, PLAIN, 2 * c, 1, 0, 0, above, 0, 0);
    s.tiles(1, 3, 3, -3, 3, 1, 1, 1, 3, 0);
    s.term(s.weights(2 * c * c), h, c, 4, 0, 0, true);

    s.phase(ROW, 2, 5);
    s.step(SQUASH, PLAIN, c, 1, 0, 0, v, 0, 0);
    s.tiles(1, 6, 3, -3, 1, 1, 1, 3, 2, 0);
    s.normed(0, above, 2 * c, 3, s.weights(c), s.weights(c), 0, 0, 0);

    // Of 28 images 64 fours each lie in shared memory at a time.
    s.step(PRODUCT, PLAIN, 2 * c, 22, 0, 0, told, 0, 0);
    s.tiles(1, 3, 3, -3, 28, 1, 1, 1, 3, 0);
    for (int n = 0; n < 22; n++) {
      s.term(device.floats("zeros", new float[4 * c * c]), above, 2 * c, 3, 0, 0, true);
    }

    s.phase(PIXEL, 1, 2);
    s.step(PRODUCT, GATE, 2 * c, 3, s.weights(2 * c), told, gate, 0, 0);
    s.tiles(3, 1, 1, 0, 2, 2, 1, 2, 2, 0);
    s.term(s.weights(2 * c * c), h, c, 4, 0, 0, true);
    s.term(s.weights(2 * c * c), h, c, 4, 1, -1, false);
    s.term(s.weights(2 * c * c), v, c, 6, 3, 0, false);

    s.phase(PIXEL, 1, 2);
    s.step(PRODUCT, POSITIVE, c, 1, s.weights(c), h, out, 0, 0);
    s.tiles(4, 1, 1, 0, 2, 1, 1, 2, 2, 0);
    s.normed(s.weights(c * c), gate, c, 1, s.weights(c), s.weights(c), s.weights(3 * c), kept, 2);
    return s.draw(kernel, 7, 2, 3);
  }

  /// A transformer of 10 channels and two heads, with a perceptron of 40 hidden units in two slices
  /// before and behind attention, over two pixels more than a group looks at one key of.
  static float[] attends(TestDevice device, String kernel) {
    var s = new PixelScenarios(device, 2);
    int c = 10;
    int pixels = 34;
    long x = s.ring(1, c);
    long first = s.ring(2, c);
    long between = s.ring(1, c);
    long seen = s.ring(2, c);
    long after = s.ring(1, c);
    long last = s.ring(2, c);
    long keys = s.ring(pixels, c);
    long values = s.ring(pixels, c);

    s.phase(DRAW, 1, 2);
    s.step(LOGIT, PLAIN, 1, 1, s.weights(1), 0, 0, 0, 0);
    s.tiles(1, 1, 1, -1, 1, 1, 1, 2, 2, 0);
    s.left(s.weights(c), after, c, last, 2, 0);
    s.first(PLAIN, c, 0, 0, s.weights(2 * c), x, s.weights(pixels * c));
    s.tiles(2, 1, 1, 0, 1, 1, 1, 2, 2, 0);

    s.perceptron(c, 40, first);
    s.normed(s.weights(40 * c), x, c, 1, s.weights(c), s.weights(c), 0, 0, 0);

    s.phase(PIXEL, 1, 4);
    s.step(ATTEND, PLAIN, 3 * c, 1, s.weights(3 * c), 0, seen, keys, values, s.weights(c * c));
    s.tiles(1, pixels, 1, 0, 1, 1, 2, 2, 4, c / 2);
    s.left(s.weights(3 * c * c), x, c, first, 2, between);

    s.perceptron(c, 40, last);
    s.left(s.weights(40 * c), between, c, seen, 2, after);
    return s.draw(kernel, pixels, 1, 17);
  }

  /// A phase of two slices of 32 hidden units, as far as they exist, of two images.
  private void perceptron(int c, int hidden, long y) {
    phase(PIXEL, 1, 2);
    step(PERCEPTRON, SMOOTH, hidden, 1, weights(hidden), 0, y, 0, 0, weights(c * hidden));
    tiles(1, 1, 1, 0, 2, 1, 2, 1, 2, 32);
  }

  /// Nobody has written it yet.
  private long ring(int slots, int channels) {
    return device.memory().allocate(4L * slots * images * channels, "ring");
  }

  private long weights(int count) {
    return device.floats("weights", ShippedKernel.centred(count, seed++));
  }

  /// Of the steps that come next.
  private void phase(int when, int count, int tiles) {
    phases.addAll(List.of(when, steps.size() / 32, count, tiles));
  }

  private void step(
      int kind,
      int finish,
      int outputs,
      int count,
      long bias,
      long add,
      long y,
      long keys,
      long values) {
    step(kind, finish, outputs, count, bias, add, y, keys, values, 0);
  }

  /// @param table of what the pixel before was
  /// @param position of each pixel
  private void first(
      int finish, int outputs, int count, long bias, long table, long y, long position) {
    pointers(bias, table, y, 0, 0, 0, position);
    sizes(TAPS, finish, outputs, count);
  }

  /// @param next weights of the layer behind
  private void step(
      int kind,
      int finish,
      int outputs,
      int count,
      long bias,
      long add,
      long y,
      long keys,
      long values,
      long next) {
    pointers(bias, add, y, keys, values, next, 0);
    sizes(kind, finish, outputs, count);
  }

  private void pointers(long... all) {
    for (long pointer : all) {
      put(steps, pointer);
    }
  }

  private void sizes(int kind, int finish, int outputs, int count) {
    steps.addAll(List.of(kind, finish, outputs));
    steps.add(0); // rows begin anywhere
    steps.addAll(List.of(terms.size() / 26, count));
  }

  private void tiles(
      int addSlots,
      int slots,
      int positions,
      int shift,
      int perTile,
      int warps,
      int across,
      int groups,
      int tiles,
      int units) {
    steps.addAll(List.of(addSlots, slots, positions, shift));
    steps.addAll(List.of(perTile, warps, across, groups, tiles, units, 0, 0));
  }

  /// @param sequence whether rows have no ends
  private void term(long w, long x, int inputs, int slots, int back, int right, boolean sequence) {
    for (long pointer : new long[] {w, x, 0, 0, 0, 0}) {
      put(terms, pointer);
    }
    terms.addAll(List.of(inputs, slots, back, right, 0, 0, sequence ? 1 : 0));
    parts(0, 0, 0, 0);
  }

  /// Of the pixel at hand.
  private void normed(
      long w,
      long x,
      int inputs,
      int slots,
      long gain,
      long shift,
      long plus,
      long keep,
      int kept) {
    for (long pointer : new long[] {w, x, gain, shift, plus, keep}) {
      put(terms, pointer);
    }
    terms.addAll(List.of(inputs, slots, 0, 0, kept, 0, 1));
    parts(0, 0, 0, 0);
  }

  /// Of the pixel at hand, normed: x and what was left in parts.
  private void left(long w, long x, int inputs, long parts, int count, long sum) {
    for (long pointer : new long[] {w, x, weights(inputs), weights(inputs), 0, 0}) {
      put(terms, pointer);
    }
    terms.addAll(List.of(inputs, 1, 0, 0, 0, 0, 1));
    parts(count, parts, weights(inputs), sum);
  }

  private void parts(int count, long parts, long lead, long sum) {
    terms.add(count);
    for (long pointer : new long[] {parts, lead, sum}) {
      put(terms, pointer);
    }
  }

  private static void put(List<Integer> words, long pointer) {
    words.add((int) pointer);
    words.add((int) (pointer >>> Integer.SIZE));
  }

  /// By two blocks, of images as high as wide.
  private float[] draw(String kernel, int pixels, int given, int side) {
    float[] known = new float[images * pixels];
    for (int k = 0; k < known.length; k++) {
      known[k] = k % pixels >= given ? Float.NaN : k % 2;
    }
    long drawn = device.floats("pixels", known);
    long logits = device.memory().allocate(4L * known.length, "logits");
    device.launch(
        kernel,
        new Dim3(2),
        new Dim3(256),
        0,
        true,
        List.of(
            ints("phases", phases),
            ints("steps", steps),
            ints("terms", terms),
            phases.size() / 4,
            device.floats("draw", 7, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0),
            0.8f,
            given,
            drawn,
            logits,
            images,
            pixels,
            side,
            side));
    return ShippedKernel.join(
        device.floats(drawn, known.length), device.floats(logits, known.length));
  }

  private long ints(String name, List<Integer> words) {
    return device.ints(name, words.stream().mapToInt(Integer::intValue).toArray());
  }
}
