package dev.hindsight.softgpu;

import dev.hindsight.softgpu.base.TensorMap;
import dev.hindsight.softgpu.base.TensorMap.Element;
import dev.hindsight.softgpu.base.TensorMap.Field;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/// A tensor of bytes, innermost dimension first, and a map of its parts.
final class MappedTensor {
  private final TestDevice device;
  private final Random random;
  final Element element;
  final int rank;
  final int[] extents;
  final long[] strides;
  final byte[] bytes;
  final long address;
  final byte[] map = new byte[TensorMap.BYTES];
  final TensorMap fields = TensorMap.begin(MemorySegment.ofArray(map));
  final int mode;
  final boolean nan;

  MappedTensor(TestDevice device, Random random, int rank, int least) {
    this.device = device;
    this.random = random;
    element = pick(Element.U8, Element.F16, Element.F32, Element.S64, Element.BF16);
    mode = random.nextInt(4);
    nan = element.floating() && random.nextBoolean();
    this.rank = rank;
    extents = random.ints(rank, least, rank > 3 ? 7 : 12).toArray();
    strides = new long[rank];
    strides[0] = element.bytes;
    long next = extents[0] * (long) element.bytes;
    for (int d = 1; d < rank; d++) {
      strides[d] = (next + 15) / 16 * 16 + 16L * random.nextInt(2);
      next = strides[d] * extents[d];
    }
    bytes = new byte[(int) next];
    random.nextBytes(bytes);
    address = device.memory().allocate(next, "tensor");
    device.memory().copyIn(address, MemorySegment.ofArray(bytes), next);
    fields.set(Field.GLOBAL_ADDRESS, 0, address);
    fields.set(Field.RANK, 0, rank - 1L);
    fields.set(Field.ELEMTYPE, 0, element.code);
    fields.set(Field.SWIZZLE_MODE, 0, mode);
    fields.set(Field.FILL_MODE, 0, nan ? 1 : 0);
    for (int d = 0; d < rank; d++) {
      fields.set(Field.GLOBAL_DIM, d, extents[d]);
      if (d > 0) {
        fields.set(Field.GLOBAL_STRIDE, d - 1, strides[d]);
      }
    }
  }

  /// Elements of a row of a part.
  int width() {
    int most = mode == 0 ? 64 : 16 << mode;
    return 16 * (1 + random.nextInt(most / 16)) / element.bytes;
  }

  /// Where an element lies in the tensor, or -1 where it is outside.
  int at(int[] place) {
    long at = 0;
    for (int d = 0; d < rank; d++) {
      if (place[d] < 0 || place[d] >= extents[d]) {
        return -1;
      }
      at += place[d] * strides[d];
    }
    return (int) at;
  }

  /// Puts the n-th element of a part where it belongs, among what else is there.
  void put(byte[] shared, int n, int[] place) {
    int at = at(place);
    for (int b = 0; b < element.bytes; b++) {
      boolean high = b == element.bytes - 1;
      byte outside = (byte) (nan ? high ? 0x7f : 0xff : 0);
      shared[swizzled(n * element.bytes + b, mode)] = at < 0 ? outside : bytes[at + b];
    }
  }

  byte[] copy(long from, int count) {
    byte[] got = new byte[count];
    device.memory().copyOut(from, MemorySegment.ofArray(got), count);
    return got;
  }

  private Element pick(Element... of) {
    return of[random.nextInt(of.length)];
  }

  /// As the Programming Guide draws it: in each line of 128 bytes chunks of 16 change places.
  static int swizzled(int at, int mode) {
    int line = at / 128;
    int chunk = at % 128 / 16;
    int moved =
        switch (mode) {
          case 1 -> chunk / 2 * 2 + (chunk + line) % 2;
          case 2 -> chunk / 4 * 4 + (chunk % 4 ^ line % 4);
          case 3 -> chunk ^ line % 8;
          default -> chunk;
        };
    return line * 128 + moved * 16 + at % 16;
  }
}
