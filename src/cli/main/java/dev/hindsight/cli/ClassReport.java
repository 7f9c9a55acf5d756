package dev.hindsight.cli;

import dev.hindsight.error.Printable;
import dev.hindsight.train.Classification;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/// How often a model finds the class of images, and which ones it takes for which.
final class ClassReport {
  private static final int WIDEST_TABLE = 20;
  private static final int MOST_PAIRS = 10;
  private static final int TOLD = 5;

  private final Classification found;
  private final int[] truth;
  private final List<String> names;
  private final int[][] confusion;

  /// @param truth the class of each image
  ClassReport(Classification found, int[] truth, List<String> names) {
    this.found = found;
    this.truth = truth.clone();
    this.names = List.copyOf(names);
    this.confusion = new int[names.size()][names.size()];
    for (int image = 0; image < truth.length; image++) {
      confusion[truth[image]][found.best(image)]++;
    }
  }

  private int right() {
    return IntStream.range(0, names.size()).map(y -> confusion[y][y]).sum();
  }

  private double accuracy() {
    return (double) right() / truth.length;
  }

  /// Of a share of so many images.
  private double standardError() {
    return Math.sqrt(accuracy() * (1 - accuracy()) / truth.length);
  }

  private double surpriseBits() {
    return IntStream.range(0, truth.length)
        .mapToDouble(image -> found.surpriseBits(image, truth[image]))
        .average()
        .orElseThrow();
  }

  private double evidenceBits() {
    double[] bits = IntStream.range(0, truth.length).mapToDouble(found::evidenceBits).toArray();
    Arrays.sort(bits);
    return (bits[(bits.length - 1) / 2] + bits[bits.length / 2]) / 2;
  }

  /// The images whose class is the least likely, the first one the least.
  List<Integer> mostSurprising(int count) {
    return IntStream.range(0, truth.length)
        .boxed()
        .sorted(Comparator.comparingDouble(image -> -found.surpriseBits(image, truth[image])))
        .limit(count)
        .toList();
  }

  Map<String, Object> fields(double[] prior, List<Integer> surprising) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("accuracy", accuracy());
    fields.put("standard_error", standardError());
    fields.put("images", truth.length);
    fields.put("surprise_bits", surpriseBits());
    fields.put("evidence_bits", evidenceBits());
    fields.put("classes", names);
    fields.put("prior", prior);
    fields.put("confusion", confusion);
    fields.put("surprising", surprising);
    return fields;
  }

  List<String> lines(String data, List<Integer> surprising) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%s: %.2f %% of %d images (standard error %.2f), %d wrong",
            data,
            100 * accuracy(),
            truth.length,
            100 * standardError(),
            truth.length - right()));
    lines.add(
        String.format(
            Locale.ROOT,
            "evidence: half of the images have %.1f bits or more (log2 odds of the likeliest class"
                + " over the second); their own class costs %.4f bits in the mean",
            evidenceBits(),
            surpriseBits()));
    lines.addAll(names.size() <= WIDEST_TABLE ? table() : pairs());
    for (int image : surprising.subList(0, Math.min(TOLD, surprising.size()))) {
      int best = found.best(image);
      String taken = best == truth[image] ? "" : ", taken for " + name(best);
      lines.add(
          String.format(
              Locale.ROOT,
              "image %d: %s%s, %.1f bits",
              image,
              name(truth[image]),
              taken,
              found.surpriseBits(image, truth[image])));
    }
    return lines;
  }

  private String name(int y) {
    return Printable.brief(Printable.line(names.get(y)));
  }

  /// Rows are the classes that images have, columns those that they were taken for.
  private List<String> table() {
    int width = 2;
    for (int y = 0; y < names.size(); y++) {
      width = Math.max(width, 1 + Math.max(name(y).length(), ("" + row(y)).length()));
    }
    List<String> lines = new ArrayList<>();
    var head = new StringBuilder(" ".repeat(width));
    for (int y = 0; y < names.size(); y++) {
      head.append(right(name(y), width));
    }
    lines.add(head.append("   taken for").toString());
    for (int y = 0; y < names.size(); y++) {
      var line = new StringBuilder(right(name(y), width));
      for (int k = 0; k < names.size(); k++) {
        line.append(right(confusion[y][k] == 0 ? "." : "" + confusion[y][k], width));
      }
      lines.add(line.toString());
    }
    return lines;
  }

  private int row(int y) {
    return Arrays.stream(confusion[y]).sum();
  }

  private static String right(String text, int width) {
    return " ".repeat(Math.max(0, width - text.length())) + text;
  }

  /// Of many classes, those that are confused the most.
  private List<String> pairs() {
    record Pair(int truth, int taken, int count) {}
    List<Pair> pairs = new ArrayList<>();
    for (int y = 0; y < names.size(); y++) {
      for (int k = 0; k < names.size(); k++) {
        if (k != y && confusion[y][k] > 0) {
          pairs.add(new Pair(y, k, confusion[y][k]));
        }
      }
    }
    return pairs.stream()
        .sorted(Comparator.comparingInt(Pair::count).reversed())
        .limit(MOST_PAIRS)
        .map(p -> "%s taken for %s: %d".formatted(name(p.truth()), name(p.taken()), p.count()))
        .toList();
  }
}
