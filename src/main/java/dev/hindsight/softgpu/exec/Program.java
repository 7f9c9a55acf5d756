package dev.hindsight.softgpu.exec;

/// A kernel in the form that warps execute.
public final class Program {}
