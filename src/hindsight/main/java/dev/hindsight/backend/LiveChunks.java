package dev.hindsight.backend;

import java.util.Arrays;

/// Where a flat tensor of weights holds any that exist, in chunks of [#SIZE] elements. All else is
/// weights that a mask removes: zero in value, gradient and moments, for ever.
public final class LiveChunks {
  public static final int SIZE = 64;

  private final int[] chunks;

  /// @param chunks numbers of chunks, ascending
  public LiveChunks(int[] chunks) {
    this.chunks = chunks.clone();
  }

  /// Numbers of chunks, ascending.
  public int[] chunks() {
    return chunks.clone();
  }

  /// Elements that follow one another.
  @FunctionalInterface
  public interface Run {
    void of(long from, long count);
  }

  /// Calls `run` for those of elements `from .. to - 1` that lie in chunks, neighbours together;
  /// `from` is the start of a chunk.
  public void overRuns(long from, long to, Run run) {
    int k = Arrays.binarySearch(chunks, Math.toIntExact(from / SIZE));
    k = k < 0 ? -k - 1 : k;
    while (k < chunks.length && (long) chunks[k] * SIZE < to) {
      long start = (long) chunks[k] * SIZE;
      long end = start;
      while (k < chunks.length && (long) chunks[k] * SIZE == end && end < to) {
        end += SIZE;
        k++;
      }
      run.of(start, Math.min(end, to) - start);
    }
  }

  public int count() {
    return chunks.length;
  }

  /// Those that begin in elements `from .. to - 1`, seen from there; `from` is the start of a
  /// chunk.
  public LiveChunks part(long from, long to) {
    long first = from / SIZE;
    long end = Math.ceilDiv(to, (long) SIZE);
    return new LiveChunks(
        Arrays.stream(chunks)
            .filter(chunk -> first <= chunk && chunk < end)
            .map(chunk -> Math.toIntExact(chunk - first))
            .toArray());
  }
}
