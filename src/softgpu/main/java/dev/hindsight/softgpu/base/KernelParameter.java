package dev.hindsight.softgpu.base;

/// One parameter of a kernel: where it lies in the parameter block, in bytes.
public record KernelParameter(String name, int offset, int size, int align) {}
