package dev.hindsight.backend;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// A backend that runs on a GPU, or the same kernels on the CPU: on the software GPU, which checks
/// every access and counts.
public interface GpuProvider extends BackendProvider {
  /// Looks at this machine, and changes nothing.
  GpuReport look();

  /// Opens one GPU of a machine that has several.
  ///
  /// @param number from 0
  /// @param precision one of [#precisions]
  /// @throws BackendException when there is none of this number, or it cannot open
  Backend open(int number, Precision precision);

  /// Opens the software GPU: slow but whole.
  ///
  /// @param precision one of [#precisions]
  /// @throws BackendException when it cannot start, in one line that says why
  Backend openSoftwareGpu(SoftwareGpu how, Precision precision);

  /// What the launches since the last call did, on a software GPU that was opened to count.
  List<KernelCounts> takeCounts();

  /// How many findings the software GPU has reported in this process.
  int softwareFindings();

  /// Copies the libraries of the software GPU and their sources into a folder, for a machine that
  /// cannot build them.
  ///
  /// @throws BackendException when they are not there and cannot be built
  void copySoftwareGpu(Path folder) throws IOException;
}
