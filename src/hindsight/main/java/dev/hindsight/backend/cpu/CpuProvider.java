package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendProvider;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.RequiredLibrary;
import org.jspecify.annotations.Nullable;

/// Finds `cpu`.
public final class CpuProvider implements BackendProvider {
  private static final RequiredLibrary ONE_DNN =
      new RequiredLibrary("org/bytedeco/dnnl/global/dnnl.class", "org.bytedeco:dnnl");

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public @Nullable String missing() {
    return ONE_DNN.missingFor(name());
  }

  @Override
  public String products() {
    OneDnnLibrary.Found found = OneDnnLibrary.FOUND;
    return found.missing() == null ? found.name() : found.missing();
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
