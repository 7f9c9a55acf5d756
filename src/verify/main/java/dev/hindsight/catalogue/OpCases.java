package dev.hindsight.catalogue;

import dev.hindsight.backend.Families;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The catalogue. A new op has its rows in [Cases] of its stem and is then checked everywhere.
public final class OpCases {
  /// `-Dhindsight.op=NAME` leaves the cases of one op, for who adds it.
  private static final String ONE = System.getProperty("hindsight.op", "");

  private OpCases() {}

  /// Of all families that have any, and of the ops of [dev.hindsight.backend.Backend] itself.
  private static final List<Cases> CASES =
      Stream.concat(Stream.of(new MemoryCases()), Families.interfaces().flatMap(OpCases::of))
          .toList();

  private static Stream<Cases> of(Class<?> family) {
    String name = OpCases.class.getPackageName() + "." + family.getSimpleName() + "Cases";
    try {
      return Stream.of(
          Class.forName(name).asSubclass(Cases.class).getDeclaredConstructor().newInstance());
    } catch (ClassNotFoundException e) {
      return Stream.empty(); // RoomsTest knows which have none
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(name + " cannot be made", e);
    }
  }

  private static List<OpCase> asked(Function<Cases, Stream<OpCase>> which) {
    return CASES.stream()
        .flatMap(which)
        .filter(opCase -> ONE.isEmpty() || opCase.op().equals(ONE))
        .toList();
  }

  /// Elements of a tensor: primes, and one off each side of what a backend takes at a time.
  static IntStream sizes() {
    return IntStream.of(1, 3, 31, 32, 33, 127, 1025, 4099);
  }

  /// Small cases: every op, awkward shapes. Run on every backend, the software GPU included.
  public static List<OpCase> all() {
    return asked(Cases::all);
  }

  /// A recurrence of any size, for the ways that a backend has through one.
  public static OpCase lstm(int steps, int batch, int hidden) {
    return LstmCases.lstm(steps, batch, hidden);
  }

  /// Layers over many rows or of many channels, which a backend may compute in another way than the
  /// small cases; too much for the software GPU in a test.
  public static List<OpCase> manyRows() {
    return asked(Cases::manyRows);
  }

  /// Products that are large enough for the 128 x 128 tiles of a GPU of one multiprocessor, or of
  /// eight, on which K is cut; no size fits the tile or a step.
  public static List<OpCase> largeTiles() {
    return asked(Cases::largeTiles);
  }

  /// The same for the tiles of 256 x 128 that tensor cores have; the rows of the last tile are more
  /// than half of it, or two smaller ones would do.
  public static List<OpCase> tallTiles() {
    return asked(Cases::tallTiles);
  }

  /// Nine of those tiles, in forward or in backward, of which a GPU of two multiprocessors halves
  /// the last; its lower half has a row, or some, or none.
  public static List<OpCase> halvedTiles() {
    return asked(Cases::halvedTiles);
  }

  /// Products whose K is cut, in one direction or both: with large tiles on a GPU of eight
  /// multiprocessors, with small ones where there are a hundred.
  public static List<OpCase> chunks() {
    return asked(Cases::chunks);
  }

  /// The sizes that models train with, but of fewer images where one fills a GPU, for benchmarks
  /// and real devices.
  public static List<OpCase> seedSizes() {
    return asked(Cases::seedSizes);
  }
}
