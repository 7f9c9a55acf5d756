package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Check;
import dev.hindsight.softgpu.base.DeviceMemory;
import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.base.Shape;
import dev.hindsight.softgpu.check.Finding.Launched;
import dev.hindsight.softgpu.check.Findings;
import dev.hindsight.softgpu.check.GlobalRaces;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// What all blocks of a launch share.
public final class Launch {
  /// A launch with more of them is of no use to anybody.
  private static final long MOST_FINDINGS = 100_000;

  public final Program program;
  public final DeviceMemory memory;
  public final Options options;
  public final Dim3 grid;
  public final Dim3 block;

  /// Extent of a cluster, in blocks, whether a launch or a kernel asks for it, and how many
  /// clusters there are.
  final Dim3 cluster;

  final boolean explicitCluster;
  final Dim3 clusters;
  public final int dynamicSharedBytes;
  public final byte[] parameters;

  /// Device address of the words that a grid barrier counts in; 0 without cooperative launch.
  public final long gridWorkspace;

  public final Findings findings;
  public final @Nullable GlobalRaces globalRaces;
  public final Children children;

  public final boolean bounds;
  public final boolean alignment;
  public final boolean uninitialised;
  public final boolean sharedRaces;
  public final boolean barriers;
  public final boolean shuffles;
  public final boolean asyncCopies;
  public final boolean division;
  public final boolean perturb;
  public final boolean seeded;

  private final AtomicLong stepsLeft;

  public Launch(
      Program program,
      DeviceMemory memory,
      Options options,
      Shape shape,
      byte[] parameters,
      long gridWorkspace) {
    this.program = program;
    this.memory = memory;
    this.options = options;
    this.grid = shape.grid();
    this.block = shape.block();
    this.cluster = shape.cluster() == null ? new Dim3(1) : shape.cluster();
    this.explicitCluster = shape.cluster() != null;
    this.clusters =
        new Dim3(grid.x() / cluster.x(), grid.y() / cluster.y(), grid.z() / cluster.z());
    this.dynamicSharedBytes = shape.dynamicSharedBytes();
    this.parameters = parameters;
    this.gridWorkspace = gridWorkspace;
    this.bounds = options.has(Check.BOUNDS);
    this.alignment = options.has(Check.ALIGNMENT);
    this.uninitialised = options.has(Check.UNINITIALISED);
    this.sharedRaces = options.has(Check.SHARED_RACE);
    this.barriers = options.has(Check.BARRIER);
    this.shuffles = options.has(Check.SHUFFLE);
    this.asyncCopies = options.has(Check.ASYNC_COPY);
    this.division = options.has(Check.DIVISION);
    this.perturb = options.perturb();
    this.seeded = options.schedule().seed() != 0;
    Launched launched = new Launched(program.name(), shape, options.schedule().seed());
    this.findings =
        new Findings(
            program.sites(), launched, options.keepGoing() ? Long.MAX_VALUE : MOST_FINDINGS);
    this.globalRaces =
        options.has(Check.GLOBAL_RACE) ? new GlobalRaces(options.has(Check.ACQUIRE)) : null;
    this.children = new Children(memory);
    this.stepsLeft = new AtomicLong(options.schedule().stepBudget());
  }

  int warpsOfBlock() {
    return Math.toIntExact((block.count() + Warp.LANES - 1) / Warp.LANES);
  }

  /// Takes executed steps off the budget; false when it is used up.
  boolean spend(long steps) {
    return stepsLeft.addAndGet(-steps) > 0;
  }
}
