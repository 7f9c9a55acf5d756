package dev.hindsight.exchange;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.GpuStream;
import java.io.Serializable;

/// What a worker has for an exchange by NCCL.
///
/// @param gpu the UUID of the GPU on which it computes; empty where it computes on none
/// @param version of its NCCL, `2.27.3`; empty where it has none that would do
/// @param detail where the library lies, or what was wanted, what was got and what to do
/// @param shares whether its NCCL lets several workers use one GPU
public record NcclReport(String gpu, String version, String detail, boolean shares)
    implements Serializable {
  private static final long serialVersionUID = 1;

  /// From this version on, two workers on one GPU are possible, where a variable says so.
  private static final int SHARED_GPUS = 23000;

  private static final String MAY_SHARE = "NCCL_MULTI_RANK_GPU_ENABLE";

  /// Of this process and the GPU of a backend. Loads the library.
  public static NcclReport of(Backend backend) {
    GpuStream stream = backend.gpuStream();
    return of(stream == null ? "" : stream.gpu());
  }

  /// Of this process. Loads the library.
  ///
  /// @param gpu its UUID, empty where there is none
  public static NcclReport of(String gpu) {
    Nccl.Attempt attempt = Nccl.tryLoad();
    Nccl library = attempt.library();
    boolean shares =
        library != null && library.version() >= SHARED_GPUS && "1".equals(System.getenv(MAY_SHARE));
    return new NcclReport(
        gpu, library == null ? "" : Nccl.label(library.version()), attempt.detail(), shares);
  }

  /// `NCCL 2.27.3`, or that there is none and why.
  @Override
  public String toString() {
    return version.isEmpty()
        ? "no NCCL (%s)".formatted(detail)
        : "NCCL %s%s".formatted(version, shares ? ", which lets workers share a GPU" : "");
  }
}
