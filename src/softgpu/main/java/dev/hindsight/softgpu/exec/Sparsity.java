package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.exec.Fragment.Element;

/// Where the elements of a sparse matrix stand that has half of its columns: of four neighbours two
/// are there, of tf32 one of two, of 4-bit integers two pairs of four.
///
/// @param metadata of each lane
/// @param selector which lanes of four have it, where not all do
public record Sparsity(Element element, int rows, int columns, Ref metadata, int selector) {
  /// The whole matrix, from what is there by rows.
  float[] whole(float[] stored, int[] metadata) {
    float[] all = new float[2 * stored.length];
    for (int i = 0; i < stored.length; i++) {
      all[place(i, metadata)] = stored[i];
    }
    return all;
  }

  int[] whole(int[] stored, int[] metadata) {
    int[] all = new int[2 * stored.length];
    for (int i = 0; i < stored.length; i++) {
      all[place(i, metadata)] = stored[i];
    }
    return all;
  }

  /// Columns of which one choice is made.
  private int neighbours() {
    return element == Element.TF32 ? 2 : element.bits == 4 ? 8 : 4;
  }

  private int place(int i, int[] metadata) {
    int half = columns / 2;
    int row = i / half;
    int each = neighbours() / 2;
    int j = i % half;
    int within = j % each;
    int bits = choice(row, j / each, metadata);
    int column =
        switch (neighbours()) {
          case 2 -> bits >>> 1 & 1;
          case 8 -> 2 * (bits >>> (within / 2 * 2) & 3) + within % 2;
          default -> bits >>> (2 * within) & 3;
        };
    return row * columns + j / each * neighbours() + column;
  }

  /// The four bits of a group of neighbours. A word has those of eight groups of a row, or of wider
  /// elements of four groups of a row and of the eighth below.
  private int choice(int row, int group, int[] metadata) {
    int quad = row % 8 * 4;
    int low = row / 8;
    int groups = columns / neighbours();
    if (element.bits >= 16) {
      int first = groups == 4 ? selector : 2 * selector;
      return metadata[quad + first + group / 4] >>> (16 * low + group % 4 * 4) & 15;
    }
    int first = groups == 8 ? 2 * selector : 0;
    return metadata[quad + first + low + group / 8 * 2] >>> (group % 8 * 4) & 15;
  }

  /// How many lanes of four may have the metadata.
  public int choices() {
    int bits = rows * (columns / neighbours()) * 4;
    return 4 * 256 / bits;
  }
}
