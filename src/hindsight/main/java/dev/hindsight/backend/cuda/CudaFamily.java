package dev.hindsight.backend.cuda;

import dev.hindsight.backend.cuda.launch.ColumnSum;
import dev.hindsight.backend.cuda.launch.KernelLauncher;
import dev.hindsight.backend.cuda.launch.Kernels;
import dev.hindsight.backend.cuda.launch.LaunchGeometry;

/// What every family launches with.
abstract class CudaFamily {
  final KernelLauncher launcher;
  final LaunchGeometry geometry;
  final long scratch; // address of the sums of chunks
  final ColumnSum columnSum;

  CudaFamily(Kernels kernels) {
    launcher = kernels.launcher();
    geometry = kernels.geometry();
    scratch = kernels.scratch();
    columnSum = new ColumnSum(kernels);
  }
}
