package dev.hindsight.softgpu.device;

/// A `.global` or `.const` variable of a module and its device address.
public record GlobalVariable(String name, long address, long bytes) {}
