package dev.hindsight.softgpu.check;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Who wrote and read each word of an allocation last: all whose accesses are not known to have
/// come before another's that is here, as numbers of [Touches]. Of bytes, once one is accessed that
/// is no whole word. It takes no memory for what no block touches.
final class RaceShadow {
  private static final int CHUNK = 16;
  private static final int CHUNK_MASK = (1 << CHUNK) - 1;

  /// A word that blocks tell each other something with.
  static final class Word {
    /// What who reads it may learn.
    final Map<Integer, Integer> known = new HashMap<>();

    /// Who wrote it last.
    int writer = -1;

    /// By block: the strong writes that it has seen here.
    final Map<Integer, Integer> observed = new HashMap<>();
  }

  /// 64 kB of the allocation.
  static final class Chunk {
    int[] writes;
    int[] reads;

    /// Of strong accesses; none while there was none.
    int[] strongWrites = {};

    int[] strongReads = {};

    /// By offset: words that strong accesses touched.
    final Map<Integer, Word> words = new HashMap<>();

    Chunk(int granules) {
      writes = new int[granules];
      reads = new int[granules];
    }

    boolean strong() {
      return strongWrites.length > 0;
    }

    void expectStrong() {
      if (!strong()) {
        strongWrites = new int[writes.length];
        strongReads = new int[writes.length];
      }
    }

    private void refine() {
      writes = bytes(writes);
      reads = bytes(reads);
      strongWrites = bytes(strongWrites);
      strongReads = bytes(strongReads);
    }

    private static int[] bytes(int[] words) {
      int[] made = new int[words.length * 4];
      for (int k = 0; k < made.length; k++) {
        made[k] = words[k >> 2];
      }
      return made;
    }
  }

  private final long size;
  private @Nullable Chunk[] chunks = new Chunk[1];
  private int shift = 2;

  RaceShadow(long size) {
    this.size = size;
  }

  /// Makes room for what this access tells apart.
  void expect(long offset, int bytes) {
    if (shift == 0 || ((offset | bytes) & 3) == 0) {
      return;
    }
    shift = 0;
    for (Chunk chunk : chunks) {
      if (chunk != null) {
        chunk.refine();
      }
    }
  }

  /// Bytes of a granule.
  int granule() {
    return 1 << shift;
  }

  Chunk chunk(long offset) {
    int at = (int) (offset >> CHUNK);
    Chunk known = at < chunks.length ? chunks[at] : null;
    return known == null ? newChunk(at) : known;
  }

  private Chunk newChunk(int at) {
    if (at >= chunks.length) {
      chunks = Arrays.copyOf(chunks, (int) Math.max(at + 1, Math.min(at * 2L, size >> CHUNK)));
    }
    long rest = size - ((long) at << CHUNK);
    Chunk made = new Chunk((int) (Math.min(1 << CHUNK, rest + 3) >> shift) + 1);
    chunks[at] = made;
    return made;
  }

  /// Where a byte stands in its chunk.
  int index(long offset) {
    return ((int) offset & CHUNK_MASK) >> shift;
  }

  /// Whether two bytes are in the same chunk.
  static boolean together(long one, long other) {
    return one >> CHUNK == other >> CHUNK;
  }

  Word word(long offset) {
    return chunk(offset).words.computeIfAbsent((int) offset & CHUNK_MASK, _ -> new Word());
  }

  @Nullable Word knownWord(long offset) {
    return chunk(offset).words.get((int) offset & CHUNK_MASK);
  }
}
