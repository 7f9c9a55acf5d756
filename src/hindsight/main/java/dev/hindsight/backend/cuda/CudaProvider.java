package dev.hindsight.backend.cuda;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.GpuProvider;
import dev.hindsight.backend.GpuReport;
import dev.hindsight.backend.KernelCounts;
import dev.hindsight.backend.KernelCounts.Traffic;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.SoftwareGpu;
import dev.hindsight.backend.cuda.device.CudaProbe;
import dev.hindsight.softgpu.base.LaunchCounters;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.driver.InstalledDriver;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Finds `cuda`: on an NVIDIA GPU, or on the software GPU as its driver.
public final class CudaProvider implements GpuProvider {
  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public @Nullable String missing() {
    return CudaProbe.missing();
  }

  @Override
  public Set<Precision> precisions() {
    return EnumSet.allOf(Precision.class);
  }

  @Override
  public Backend open(Precision precision) {
    return open(0, precision);
  }

  @Override
  public Backend open(int number, Precision precision) {
    return CudaBackend.open(CudaOptions.standard().onDevice(number).in(precision));
  }

  @Override
  public GpuReport look() {
    return CudaProbe.look();
  }

  @Override
  public Backend openSoftwareGpu(SoftwareGpu how, Precision precision) {
    Options options =
        Options.standard()
            .withScheduleSeed(how.scheduleSeed())
            .withPerturb(how.perturb())
            .withCounters(how.counters());
    int multiprocessors = how.multiprocessors();
    try {
      InstalledDriver.install(
          multiprocessors == 0 ? options : options.withMultiprocessors(multiprocessors));
    } catch (IllegalStateException e) {
      throw new BackendException(String.valueOf(e.getMessage()));
    }
    return CudaBackend.open(
        CudaOptions.standard()
            .withDriverAlreadyLoaded()
            .in(precision)
            .withCapability(how.capability())
            .withSharedBytes(how.sharedBytes()));
  }

  @Override
  public List<KernelCounts> takeCounts() {
    InstalledDriver driver = InstalledDriver.installed();
    return driver == null
        ? List.of()
        : driver.device().takeCounters().stream().map(CudaProvider::counts).toList();
  }

  private static KernelCounts counts(LaunchCounters c) {
    long waiting = c.sectorsWaiting(); // one a request, by one lane
    return new KernelCounts(
        c.launch().kernel(),
        c.launch().grid().count(),
        (int) c.launch().block().count(),
        c.launch().dynamicShared(),
        new TreeMap<>(c.instructions().ofWarps()),
        c.totalThreadInstructions(),
        new Traffic(
            c.global().requests() - waiting,
            c.global().actual() - waiting,
            c.global().ideal() - waiting),
        new Traffic(c.shared().requests(), c.shared().actual(), c.shared().ideal()),
        c.flops());
  }

  @Override
  public int softwareFindings() {
    InstalledDriver driver = InstalledDriver.installed();
    return driver == null ? 0 : driver.findings().size();
  }

  @Override
  public void copySoftwareGpu(Path folder) throws IOException {
    try {
      InstalledDriver.copyTo(folder);
    } catch (IllegalStateException e) {
      throw new BackendException(String.valueOf(e.getMessage()));
    }
  }
}
