package dev.hindsight.train;

import java.util.Locale;

/// Where a training run is, in words.
///
/// @param epoch from 1
/// @param epochs how many there will be
/// @param step training steps done
/// @param steps how many there will be
/// @param nllNats recent training loss per image
/// @param bitsPerDim the same per pixel
/// @param secondsLeft expected; not finite while unknown
public record Progress(
    int epoch,
    int epochs,
    long step,
    long steps,
    double nllNats,
    double bitsPerDim,
    double imagesPerSecond,
    double secondsLeft)
    implements ProgressBar.Shown {
  private static final int NARROWEST_BAR = 10;
  private static final int WIDEST_BAR = 30;

  /// `epoch 3/20 [====> ] 375/2500 107.3 nats 0.197 bits/dim 4210 images/s 1:23 left`, at most
  /// `columns` characters: where that is too long, words are dropped first, then the bar.
  @Override
  public String bar(int columns) {
    String head = "epoch " + epoch + "/" + epochs + " ";
    String words = tail("%d/%d  %s nats  %s bits/dim  %s images/s  %s left");
    String brief = tail("%d/%d %s nats %s bits/dim %s/s %s");
    int room = columns - head.length() - 3;
    String tail = room - words.length() >= NARROWEST_BAR ? words : brief;
    int width = Math.min(WIDEST_BAR, room - tail.length());
    String line = head + (width >= NARROWEST_BAR ? "[" + filled(width) + "] " : "") + tail;
    return line.length() <= columns ? line : line.substring(0, columns);
  }

  /// The same for a log file.
  @Override
  public String line() {
    return "epoch %d/%d, step ".formatted(epoch, epochs)
        + tail("%d/%d: %s nats, %s bits/dim, %s images/s, %s left");
  }

  /// `0:07`, `12:34`, `3:05:00` or `2 d 03 h`; `?` when it is unknown.
  public static String duration(double seconds) {
    if (!(seconds >= 0 && seconds < 1e9)) {
      return "?";
    }
    long s = Math.round(seconds);
    if (s < 3600) {
      return String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60);
    }
    return s < 86_400
        ? String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60)
        : String.format(Locale.ROOT, "%d d %02d h", s / 86_400, s / 3600 % 24);
  }

  private String tail(String format) {
    return String.format(
        Locale.ROOT,
        format,
        step,
        steps,
        fixed(nllNats, 1),
        fixed(bitsPerDim, 3),
        fixed(imagesPerSecond, 0),
        duration(secondsLeft));
  }

  private String filled(int width) {
    int done = steps <= 0 ? 0 : (int) Math.min(width, width * step / steps);
    String head = done > 0 && done < width ? ">" : "";
    String full = "=".repeat(done - head.length()) + head;
    return full + " ".repeat(width - full.length());
  }

  private static String fixed(double value, int digits) {
    return Double.isFinite(value)
        ? String.format(Locale.ROOT, "%." + digits + "f", value)
        : Double.toString(value);
  }
}
