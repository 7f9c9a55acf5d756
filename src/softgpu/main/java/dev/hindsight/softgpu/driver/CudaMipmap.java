package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.base.Image;
import java.util.List;

/// A mipmapped array: arrays each half as large as the one before, with their handles.
record CudaMipmap(List<CudaArray> levels, List<Long> handles) {
  List<Image> images() {
    return levels.stream().map(CudaArray::image).toList();
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
