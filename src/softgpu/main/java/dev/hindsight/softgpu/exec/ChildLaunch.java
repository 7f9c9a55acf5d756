package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Shape;

/// A launch that a thread of a kernel asked for.
///
/// @param kernel address of the entry point
/// @param parameters as many as can be passed; the kernel says how many it takes
/// @param tail whether it comes after the kernel and all its other launches
@SuppressWarnings("ArrayRecordComponent") // nobody compares launches
public record ChildLaunch(long kernel, Shape shape, byte[] parameters, boolean tail) {}
