package dev.hindsight.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// What a step and its exchange cost, and what follows for more workers.
///
/// @param batch images of a step
/// @param workers between whom the exchange was timed
/// @param bytes of the vector that is added up: the gradient that exists, and the losses
/// @param step of one worker that computes the whole batch
/// @param exchange between the workers
record ExchangeRow(
    String model, int batch, int workers, long bytes, Seconds step, Seconds exchange) {
  /// Of some calls.
  ///
  /// @param least that of a machine which does nothing else, or the nearest to it
  record Seconds(double median, double least) {
    static Seconds of(double... all) {
      double[] sorted = all.clone();
      Arrays.sort(sorted);
      return new Seconds(sorted[sorted.length / 2], sorted[0]);
    }
  }

  /// Of numbers of workers for which a speed-up is worked out.
  static final int[] WORKERS = {2, 4, 8, 16, 32, 64};

  /// Bytes that each of so many workers sends a step.
  double sent(int count) {
    return 2.0 * (count - 1) / count * bytes;
  }

  /// How much faster so many workers are than one. Each computes its part of the batch, then the
  /// vector passes through its memory, which costs what loopback costs, and through the wire, which
  /// nobody overlaps with anything. Worked out from the least times.
  ///
  /// @param gigabits a second, of each worker's link
  double speedUp(int count, double gigabits) {
    double wire = sent(count) * 8 / (gigabits * 1e9);
    return step.least() / (step.least() / count + exchange.least() + wire);
  }

  static String speedUpHeader(double gigabits) {
    StringBuilder line =
        new StringBuilder(String.format(Locale.ROOT, "| workers on %.0f Gb/s |", gigabits));
    StringBuilder below = new StringBuilder("|---|");
    for (int count : WORKERS) {
      line.append(' ').append(count).append(" |");
      below.append("---:|");
    }
    return line + "\n" + below;
  }

  String speedUps(double gigabits) {
    StringBuilder line = new StringBuilder("| " + model + " |");
    for (int count : WORKERS) {
      line.append(String.format(Locale.ROOT, " %.2f |", speedUp(count, gigabits)));
    }
    return line.toString();
  }

  Map<String, Object> json() {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("model", model);
    line.put("batch", batch);
    line.put("workers", workers);
    line.put("bytes", bytes);
    line.put("step_s", step.median());
    line.put("least_step_s", step.least());
    line.put("exchange_s", exchange.median());
    line.put("least_exchange_s", exchange.least());
    line.put("sent_bytes", sent(workers));
    line.put("exchange_by_step", exchange.least() / step.least());
    return line;
  }
}
