package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.base.Image;

/// An array of CUDA. Its texels lie in device memory, row after row.
record CudaArray(Image image) {}
