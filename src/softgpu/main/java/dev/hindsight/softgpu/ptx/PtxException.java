package dev.hindsight.softgpu.ptx;

/// PTX that the software GPU cannot load. The message names the file, the line and the opcode.
public final class PtxException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public PtxException(String message) {
    super(message);
  }
}
