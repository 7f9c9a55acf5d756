package dev.hindsight.backend.cpu;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendProvider;
import dev.hindsight.backend.CpuFacts;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.RequiredLibrary;
import dev.hindsight.backend.cpu.machine.AmxPermission;
import dev.hindsight.backend.cpu.product.OneDnnLibrary;
import java.util.Set;
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
  public Set<Precision> precisions() {
    return Set.of(Precision.FP32, Precision.BF16);
  }

  @Override
  public String products() {
    OneDnnLibrary.Found found = OneDnnLibrary.FOUND;
    if (found.missing() != null) {
      return found.missing();
    }
    String half = found.bf16();
    boolean hasAmx = CpuFacts.ofThisMachine().features().contains("amx_bf16");
    String refusal = hasAmx ? AmxPermission.refusal() : null;
    return found.name()
        + (half == null
            ? "; no bf16, which needs AMX or AVX512-BF16"
            : "; those of bf16 with " + half)
        + (refusal == null ? "" : "; " + refusal);
  }

  @Override
  public boolean standsInForGpu() {
    return true;
  }

  @Override
  public Backend open(Precision precision) {
    return CpuBackend.open(precision);
  }
}
