package dev.hindsight.softgpu.device;

import dev.hindsight.softgpu.ptx.Variable.Origin;

/// A `.global` or `.const` variable of a module and its device address. Kernels find the texture or
/// surface of a reference by that address.
public record GlobalVariable(String name, long address, long bytes, Origin origin) {
  /// Whether it stands for a texture or a surface.
  public boolean isReference() {
    return origin == Origin.TEXTURE || origin == Origin.SURFACE;
  }
}
