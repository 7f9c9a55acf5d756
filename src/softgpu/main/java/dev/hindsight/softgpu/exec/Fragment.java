package dev.hindsight.softgpu.exec;

/// The part of a matrix that each thread of a warp holds: registers, and where in the matrix their
/// elements belong, from their low bits up.
///
/// @param rows of the matrix, whose elements are numbered row by row
/// @param places by lane and element of a thread: the number of the element of the matrix
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record Fragment(Element element, int rows, int columns, Ref[] registers, int[] places) {
  /// Elements of matrices, with how many bits each has.
  public enum Element {
    F16(16),
    BF16(16),
    TF32(32),
    F32(32),
    F64(64),
    E4M3(8),
    E5M2(8),
    S32(32),
    S8(8),
    U8(8),
    S4(4),
    U4(4),
    B1(1);

    public final int bits;

    Element(int bits) {
      this.bits = bits;
    }

    /// Elements of one register.
    public int each() {
      return Math.max(1, 32 / bits);
    }

    public boolean isInteger() {
      return switch (this) {
        case S32, S8, U8, S4, U4, B1 -> true;
        default -> false;
      };
    }

    /// The float that has these bits.
    float number(int value) {
      return switch (this) {
        case F16 -> Float.float16ToFloat((short) value);
        case BF16 -> Float.intBitsToFloat(value << 16);
        case TF32 -> Float.intBitsToFloat(value & 0xffffe000);
        case E4M3 -> Float8.e4m3(value);
        case E5M2 -> Float8.e5m2(value);
        default -> Float.intBitsToFloat(value);
      };
    }

    boolean signed() {
      return this == S32 || this == S8 || this == S4;
    }
  }

  /// Which element a thread holds.
  public interface Layout {
    int place(int lane, int element);
  }

  public static Fragment of(
      Element element, int rows, int columns, Ref[] registers, Layout layout) {
    int each = registers.length * element.each();
    int[] places = new int[Warp.LANES * each];
    for (int i = 0; i < places.length; i++) {
      places[i] = layout.place(i / each, i % each);
    }
    return new Fragment(element, rows, columns, registers, places);
  }

  /// Elements that a thread holds.
  int each() {
    return places.length / Warp.LANES;
  }

  /// Words of 32 bits that it takes in [LaneValues].
  int words() {
    return element == Element.F64 ? 2 * registers.length : registers.length;
  }

  void gather(Warp w, int mask, int[][] in, int first) {
    for (int r = 0; r < registers.length; r++) {
      if (element == Element.F64) {
        for (int rest = mask; rest != 0; rest &= rest - 1) {
          int lane = Integer.numberOfTrailingZeros(rest);
          long bits = registers[r].get(w, lane);
          in[first + 2 * r][lane] = (int) bits;
          in[first + 2 * r + 1][lane] = (int) (bits >>> 32);
        }
      } else {
        registers[r].gather(w, mask, in[first + r]);
      }
    }
  }

  void scatter(Warp w, int mask, int[][] out) {
    for (int r = 0; r < registers.length; r++) {
      if (element == Element.F64) {
        for (int rest = mask; rest != 0; rest &= rest - 1) {
          int lane = Integer.numberOfTrailingZeros(rest);
          registers[r].set(w, lane, wide(out, 2 * r, lane));
        }
      } else {
        registers[r].scatter(w, mask, out[r]);
      }
    }
  }

  static long wide(int[][] words, int first, int lane) {
    return (words[first][lane] & 0xffffffffL) | ((long) words[first + 1][lane] << 32);
  }

  /// The whole matrix as floats.
  float[] floats(int[][] in, int first) {
    float[] all = new float[rows * columns];
    int each = each();
    for (int lane = 0; lane < Warp.LANES; lane++) {
      int at = lane * each;
      for (int r = 0; r < registers.length; r++) {
        int bits = in[first + r][lane];
        switch (element) {
          case F16, BF16 -> {
            all[places[at++]] = element.number(bits & 0xffff);
            all[places[at++]] = element.number(bits >>> 16);
          }
          case E4M3, E5M2 -> {
            for (int e = 0; e < 4; e++) {
              all[places[at++]] = element.number(bits >>> (8 * e));
            }
          }
          default -> all[places[at++]] = element.number(bits);
        }
      }
    }
    return all;
  }

  double[] doubles(int[][] in, int first) {
    double[] all = new double[rows * columns];
    for (int i = 0; i < places.length; i++) {
      int lane = i / registers.length;
      all[places[i]] = Double.longBitsToDouble(wide(in, first + 2 * (i % registers.length), lane));
    }
    return all;
  }

  int[] integers(int[][] in, int first) {
    int[] all = new int[rows * columns];
    int each = each();
    int unused = 32 - element.bits;
    for (int i = 0; i < places.length; i++) {
      int bits = i % each * element.bits;
      int word = in[first + (bits >>> 5)][i / each] << (unused - (bits & 31));
      all[places[i]] = element.signed() ? word >> unused : word >>> unused;
    }
    return all;
  }

  /// Takes a result apart, each element by its bits.
  void put(long[] elements, int[][] out) {
    int each = each();
    for (int lane = 0; lane < Warp.LANES; lane++) {
      for (int r = 0; r < words(); r++) {
        out[r][lane] = 0;
      }
      for (int e = 0; e < each; e++) {
        long bits = elements[places[lane * each + e]];
        int at = e * element.bits;
        out[at >>> 5][lane] |= (int) bits << (at & 31);
        if (element == Element.F64) {
          out[(at >>> 5) + 1][lane] = (int) (bits >>> 32);
        }
      }
    }
  }
}
