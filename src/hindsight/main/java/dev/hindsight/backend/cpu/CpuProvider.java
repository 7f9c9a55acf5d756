package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendProvider;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.RequiredLibrary;
import org.jspecify.annotations.Nullable;

/// Finds `cpu`.
public final class CpuProvider implements BackendProvider {
  private static final RequiredLibrary OPEN_BLAS =
      new RequiredLibrary("org/bytedeco/openblas/global/openblas.class", "org.bytedeco:openblas");

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public @Nullable String missing() {
    return OPEN_BLAS.missingFor(name());
  }

  @Override
  public boolean standsInForGpu() {
    return true;
  }

  @Override
  public Backend open(Precision precision) {
    return CpuBackend.open();
  }
}
