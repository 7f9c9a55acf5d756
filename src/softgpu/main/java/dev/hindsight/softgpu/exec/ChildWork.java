package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Shape;

/// What a thread of a kernel asked the device to do behind the kernel.
public sealed interface ChildWork {
  /// Whether it comes after the kernel and all its other work.
  boolean tail();

  /// A launch.
  ///
  /// @param kernel address of the entry point
  /// @param parameters as many as can be passed; the kernel says how many it takes
  @SuppressWarnings("ArrayRecordComponent") // nobody compares launches
  record Launch(long kernel, Shape shape, byte[] parameters, boolean tail) implements ChildWork {}

  /// A copy between two addresses.
  record Copy(long target, long source, long bytes, boolean tail) implements ChildWork {}

  /// A memset of bytes.
  record Fill(long target, byte value, long bytes, boolean tail) implements ChildWork {}
}
