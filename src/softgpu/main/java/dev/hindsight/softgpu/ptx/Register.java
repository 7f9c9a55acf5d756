package dev.hindsight.softgpu.ptx;

/// A virtual register of a function; equal only to itself.
public final class Register {
  public final String name;
  public final Type type;

  public Register(String name, Type type) {
    this.name = name;
    this.type = type;
  }

  @Override
  public String toString() {
    return name;
  }
}
