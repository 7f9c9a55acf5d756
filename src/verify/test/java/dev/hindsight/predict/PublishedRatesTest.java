package dev.hindsight.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.KernelCounts.Traffic;
import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.LaunchCounters;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.device.Kernel;
import dev.hindsight.softgpu.device.SimulatedDevice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// The prediction beside rates that others measured, for kernels whose tilings
/// `cuda-build/test/published.cu` and `published_tensor.cu` restate. How far off each is stands in
/// docs/prediction.md, which has the sources too.
class PublishedRatesTest {
  private static final int N = 4096;
  private static final double PRODUCT = 2.0 * N * N * N;

  // trimat_forward.cu: 8 sequences of 1024 positions, 12 heads of 64
  private static final int T = 1024;
  private static final int HEADS = 12;
  private static final int SEQUENCES = 8;
  private static final long QKV_BYTES = 4L * SEQUENCES * T * 3 * HEADS * 64;
  private static final double SQUARES = SEQUENCES * HEADS * (double) T * T;

  // FlashAttention's benchmark: 16384 positions in all, a hidden size of 2048
  private static final int POSITIONS = 16384;
  private static final int HIDDEN = 2048;

  /// A kernel, how it is launched, and what others measured.
  ///
  /// @param sampled blocks of the grid that are executed and counted for all
  /// @param operations of the work as those who measured counted it, or 0
  /// @param microseconds as published
  /// @param memoryBytes that device memory has to move
  /// @param arguments an `Integer`, `Float` or `Long`, or a `Matrix`
  private record Published(
      String file,
      String kernel,
      GpuRates gpu,
      Dim3 grid,
      int threads,
      int sampled,
      double operations,
      double microseconds,
      long memoryBytes,
      List<Object> arguments) {

    /// By the rate that was published.
    private static Published at(
        double teraflops,
        String file,
        String kernel,
        GpuRates gpu,
        Dim3 grid,
        int threads,
        int sampled,
        double operations,
        long memoryBytes,
        List<Object> arguments) {
      return new Published(
          file,
          kernel,
          gpu,
          grid,
          threads,
          sampled,
          operations,
          operations / teraflops / 1e6,
          memoryBytes,
          arguments);
    }

    LaunchTime predicted() throws IOException {
      var device =
          new SimulatedDevice(Options.fast().withCounters(true).withSampledBlocks(sampled));
      Kernel loaded =
          Objects.requireNonNull(device.load(text(file + ".ptx"), file).kernel(kernel), kernel);
      ByteBuffer bytes =
          ByteBuffer.allocate(loaded.parameterBytes()).order(ByteOrder.LITTLE_ENDIAN);
      for (int k = 0; k < arguments.size(); k++) {
        int at = loaded.parameters().get(k).offset();
        switch (arguments.get(k)) {
          case Integer value -> bytes.putInt(at, value);
          case Float value -> bytes.putFloat(at, value);
          case Long value -> bytes.putLong(at, value);
          case Matrix matrix -> {
            long address = device.memory().allocate(matrix.bytes, "operand " + k);
            device.memory().fill8(address, (byte) 0, matrix.bytes);
            bytes.putLong(at, address);
          }
          default -> throw new AssertionError(arguments.get(k));
        }
      }
      device.launch(loaded, grid, new Dim3(threads), 0, bytes.array(), false);
      KernelCounts counts = counts(Objects.requireNonNull(device.lastCounters()));
      var code = new MachineCode(gpu.architecture(), text(file + ".tsv"));
      return LaunchTime.of(gpu, code.of(kernel), counts, memoryBytes);
    }
  }

  private record Matrix(long bytes) {}

  private static String text(String resource) throws IOException {
    try (InputStream in = PublishedRatesTest.class.getResourceAsStream(resource)) {
      return new String(
          Objects.requireNonNull(in, resource).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static KernelCounts counts(LaunchCounters c) {
    return new KernelCounts(
        c.kernel(),
        c.grid().count(),
        (int) c.block().count(),
        c.dynamicShared(),
        new TreeMap<>(c.warpInstructions()),
        c.totalThreadInstructions(),
        new Traffic(c.globalRequests(), c.globalSectors(), c.idealSectors()),
        new Traffic(c.sharedRequests(), c.sharedWavefronts(), c.idealWavefronts()),
        c.flops(),
        c.addresses());
  }

  /// Predicts all, prints each beside what was published, and returns predicted microseconds.
  private static List<Double> beside(List<Published> all, double mostOff) throws IOException {
    List<Double> times = new ArrayList<>();
    for (Published p : all) {
      LaunchTime time = p.predicted();
      double ratio = p.microseconds / time.microseconds();
      System.out.printf(
          Locale.ROOT,
          "%-16s %-9s published %8.1f us, %6.1f TFLOP/s; predicted %8.1f us, %6.1f TFLOP/s, rates %.2f, limit %s %s%n",
          p.kernel,
          p.gpu.name(),
          p.microseconds,
          p.operations / p.microseconds / 1e6,
          time.microseconds(),
          p.operations / time.microseconds() / 1e6,
          ratio,
          time.limit().label(),
          time.needs());
      assertThat(ratio).as(p.kernel).isBetween(1 / mostOff, mostOff);
      times.add(time.microseconds());
    }
    return times;
  }

  private static Published sgemm(int number, double gigaflops, int tile, int threads) {
    Matrix matrix = new Matrix(4L * N * N);
    return Published.at(
        gigaflops / 1e3,
        "published",
        "sgemm_" + number,
        GpuRates.A6000,
        new Dim3(N / tile, N / tile),
        threads,
        2,
        PRODUCT,
        3 * matrix.bytes,
        List.of(N, matrix, matrix, matrix));
  }

  @Test
  void productsInFp32ComeInTheOrderThatWasPublished() throws IOException {
    List<Double> times =
        beside(
            List.of(
                sgemm(1, 309, 32, 1024),
                sgemm(2, 1986.5, 32, 1024),
                sgemm(3, 2980.3, 32, 1024),
                sgemm(4, 8474.7, 64, 512),
                sgemm(5, 15971.7, 128, 256),
                sgemm(6, 18237.3, 128, 256),
                sgemm(10, 21779.3, 128, 128)),
            3);
    assertThat(times.reversed()).isSorted();
  }

  /// @param share of the square that is written
  private static Published trimat(String which, double milliseconds, double share) {
    return new Published(
        "published",
        "trimat_" + which,
        GpuRates.A4000,
        new Dim3(T / 128, T / 128, SEQUENCES * HEADS),
        256,
        48,
        share * 2 * 64 * SQUARES,
        1e3 * milliseconds,
        QKV_BYTES * 2 / 3 + (long) (share * 4 * SQUARES),
        // all heads write to one place: 48 blocks of 6144 are executed
        List.of(T, HEADS, 0L, new Matrix(QKV_BYTES), new Matrix(4L * T * T)));
  }

  @Test
  void theLowerTriangleOfScoresComesInTheOrderThatWasPublished() throws IOException {
    double live = (T / 8.0 + 1) / (2 * T / 8.0); // of tiles of 8 x 8
    List<Double> times =
        beside(
            List.of(
                trimat("1", 20, live),
                trimat("2", 3.5, live),
                trimat("3", 1.7, live),
                trimat("4", 1.40, live),
                trimat("dense", 2.37, 1)),
            8);
    assertThat(times.subList(0, 4).reversed()).isSorted();
    assertThat(times.get(4)).isGreaterThan(times.get(3));
  }

  private static Published hgemm(String which, double teraflops) {
    Matrix matrix = new Matrix(2L * N * N);
    return Published.at(
        teraflops,
        "published_tensor",
        "hgemm_" + which + "_f16",
        GpuRates.L20,
        new Dim3(N / 128, N / 128),
        256,
        2,
        PRODUCT,
        3 * matrix.bytes,
        List.of(N, matrix, matrix, matrix));
  }

  @Test
  void productsOnTensorCoresAreNotSlowerInStages() throws IOException {
    List<Double> times = beside(List.of(hgemm("plain", 97.27), hgemm("stages", 103.59)), 3);
    assertThat(times.reversed()).isSorted();
  }

  private static Published flash(int length, double teraflops) {
    int batch = POSITIONS / length;
    int heads = HIDDEN / 64;
    Matrix one = new Matrix(2L * length * HIDDEN);
    return Published.at(
        teraflops,
        "published_tensor",
        "flash2_f16",
        GpuRates.H100,
        new Dim3(length / 128, batch * heads),
        128,
        32,
        2.0 * length * length * HIDDEN * batch, // half of 4·T²·D a head
        4L * 2 * POSITIONS * HIDDEN,
        List.of(heads, HIDDEN, 0L, 0.18f, one, one, one, one));
  }

  @Test
  void attentionIsFasterTheLongerItsSequence() throws IOException {
    List<Double> times = beside(List.of(flash(512, 180), flash(1024, 229), flash(2048, 262)), 3);
    assertThat(times).isSorted();
    assertThat(times.get(2)).isLessThan(4 * times.get(0));
  }
}
