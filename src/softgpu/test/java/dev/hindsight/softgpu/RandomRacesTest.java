package dev.hindsight.softgpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.check.DeviceFault;
import dev.hindsight.softgpu.check.Finding;
import dev.hindsight.softgpu.check.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Races are found where there is one, and nowhere else: random accesses against a comparison of
/// every pair.
class RandomRacesTest {
  private static final int THREADS = 96;
  private static final int BLOCKS = 3;
  private static final int KERNELS = 250;

  /// An access of one thread.
  ///
  /// @param phase how many barriers of all threads lie before it
  /// @param warpPhase how many of its warp
  private record Touch(
      int block, int thread, int phase, int warpPhase, int at, int width, boolean store) {
    boolean meets(Touch other) {
      return (store || other.store) && at < other.at + other.width && other.at < at + width;
    }

    boolean racesInBlock(Touch other) {
      boolean ordered =
          phase != other.phase
              || (thread / 32 == other.thread / 32 && warpPhase != other.warpPhase);
      return thread != other.thread && !ordered && meets(other);
    }
  }

  /// A kernel and what its threads touch.
  private record Made(String ptx, List<Touch> shared, List<Touch> global) {}

  private static Made random(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int bytes = 128 << random.nextInt(5);
    List<Touch> shared = new ArrayList<>();
    List<Touch> global = new ArrayList<>();
    StringBuilder body = new StringBuilder();
    int phase = 0;
    int warpPhase = 0;
    int count = 3 + random.nextInt(8);
    for (int op = 0; op < count; op++) {
      int what = random.nextInt(8);
      if (what == 0) {
        body.append("bar.sync 0;\n");
        phase++;
      } else if (what == 1) {
        body.append("bar.warp.sync -1;\n");
        warpPhase++;
      } else {
        boolean inShared = what > 3;
        int width = 1 << (seed % 3 == 0 ? random.nextInt(3) : 2);
        int scale = random.nextInt(3);
        int plus = random.nextInt(bytes / 4);
        int ofBlock = inShared ? 0 : random.nextInt(THREADS);
        boolean store = random.nextInt(3) == 0;
        body.append(access(inShared, store, bytes, width, new int[] {scale, plus, ofBlock}));
        for (int block = 0; block < BLOCKS; block++) {
          for (int t = 0; t < THREADS; t++) {
            int at = (t * scale + plus + block * ofBlock) * width & bytes - 1;
            (inShared ? shared : global)
                .add(new Touch(block, t, phase, warpPhase, at, width, store));
          }
        }
        body.append("add.u32 %r1, %r1, %r9;\n"); // no two stores store the same
      }
    }
    return new Made(ptx(bytes, body.toString()), shared, global);
  }

  private static String access(boolean shared, boolean store, int bytes, int width, int[] place) {
    String space = shared ? "shared" : "global";
    String address =
        """
        mad.lo.u32 %%r3, %%r2, %d, %d;
        mad.lo.u32 %%r3, %%r8, %d, %%r3;
        mul.lo.u32 %%r3, %%r3, %d;
        and.b32 %%r3, %%r3, %d;
        cvt.u64.u32 %%rd3, %%r3;
        add.u64 %%rd4, %%rd%d, %%rd3;
        """
            .formatted(place[0], place[1], place[2], width, bytes - 1, shared ? 2 : 1);
    String type = "." + space + ".u" + width * 8;
    return address + (store ? "st%s [%%rd4], %%r1;\n" : "ld%s %%r4, [%%rd4];\n").formatted(type);
  }

  /// All of shared memory is written before the body begins.
  private static String ptx(int bytes, String body) {
    return """
    .version 7.0
    .target sm_80
    .address_size 64
    .visible .entry k(.param .u64 d)
    {
      .shared .align 16 .b8 before[20];
      .shared .align 16 .b8 s[%d];
      .reg .pred %%p<2>;
      .reg .b32 %%r<10>;
      .reg .b64 %%rd<5>;
      ld.param.u64 %%rd1, [d];
      mov.u64 %%rd2, s;
      mov.u32 %%r2, %%tid.x;
      mov.u32 %%r8, %%ctaid.x;
      mov.u32 %%r9, %%ntid.x;
      mad.lo.u32 %%r1, %%r8, 9999, %%r2;
      mov.u32 %%r5, %%r2;
      AGAIN:
      cvt.u64.u32 %%rd3, %%r5;
      add.u64 %%rd4, %%rd2, %%rd3;
      setp.lt.u32 %%p1, %%r5, %d;
      @%%p1 st.shared.u8 [%%rd4], 0;
      add.u32 %%r5, %%r5, %%r9;
      @%%p1 bra AGAIN;
      bar.sync 0;
    """
            .formatted(bytes, bytes)
        + body
        + "ret;\n}\n";
  }

  private static Set<Kind> found(String ptx, int blocks) {
    Options options = Options.standard().withChecks(Check.named("standard,global-race"));
    TestDevice device = new TestDevice(options, ptx, "random");
    long data = device.ints("data", new int[512]);
    try {
      device.launch("k", new Dim3(blocks), new Dim3(THREADS), data);
      return Set.of();
    } catch (DeviceFault fault) {
      return fault.findings().stream().map(Finding::kind).collect(Collectors.toSet());
    }
  }

  private static boolean anyPair(List<Touch> touches, boolean inBlock) {
    for (Touch a : touches) {
      for (Touch b : touches) {
        if (inBlock
            ? a.block == 0 && b.block == 0 && a.racesInBlock(b)
            : a.block != b.block && a.meets(b)) {
          return true;
        }
      }
    }
    return false;
  }

  @Test
  void areFoundWhereAPairOfAccessesIsOne() {
    int clean = 0;
    for (long seed = 0; seed < KERNELS; seed++) {
      Made made = random(seed);
      Set<Kind> found = found(made.ptx, BLOCKS);
      boolean shared = anyPair(made.shared, true);
      boolean global = anyPair(made.global, false);
      assertThat(found.contains(Kind.SHARED_RACE)).as(made.ptx).isEqualTo(shared);
      assertThat(found.contains(Kind.GLOBAL_RACE)).as(made.ptx).isEqualTo(global);
      clean += shared ? 0 : 1;
    }
    assertThat(clean).isBetween(KERNELS / 10, KERNELS - KERNELS / 10);
  }

  /// More loads than are kept lie between a load and the store that it races with.
  @Test
  void aLoadIsRememberedUpToTheNextBarrier() {
    String reads =
        """
        cvt.u64.u32 %rd3, %r2;
        mul.lo.u64 %rd3, %rd3, 4;
        add.u64 %rd4, %rd2, %rd3;
        ld.shared.u32 %r4, [%rd4];
        mov.u32 %r5, 0;
        MORE:
        ld.shared.u32 %r4, [%rd2];
        add.u32 %r5, %r5, 1;
        setp.lt.u32 %p1, %r5, 7001;
        @%p1 bra MORE;
        """;
    String store = "xor.b32 %r5, %r2, 64; mul.wide.u32 %rd3, %r5, 4; add.u64 %rd4, %rd2, %rd3;\n";
    String end = "setp.eq.u32 %p1, %r2, 94;\n@%p1 st.shared.u32 [%rd4], 1;\n";
    assertThat(found(ptx(512, reads + store + end), 1)).containsExactly(Kind.SHARED_RACE);
    assertThat(found(ptx(512, reads + "bar.sync 0;\n" + store + end), 1)).isEmpty();
  }

  @Test
  void aLoadIsRememberedWhereAStoreTouchesAnotherPartOfIt() {
    String read =
        "mul.wide.u32 %rd3, %r2, 4; add.u64 %rd4, %rd2, %rd3;\nld.shared.u32 %r4, [%rd4];\n";
    String own = "setp.eq.u32 %p1, %r2, 0;\n@%p1 st.shared.u32 [%rd4], 1;\n";
    String other = "setp.eq.u32 %p1, %r2, 5;\n@%p1 st.shared.u32 [%rd2+80], 1;\n";
    assertThat(found(ptx(512, read + own + other), 1)).containsExactly(Kind.SHARED_RACE);
    assertThat(found(ptx(512, read + own), 1)).isEmpty();
  }
}
