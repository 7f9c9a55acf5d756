package dev.hindsight.bench.gpuday;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A part that prints a row and then does what its first word says.
final class Trouble {
  private Trouble() {}

  @SuppressWarnings("restricted") // it is meant to crash
  public static void main(String[] args) throws InterruptedException {
    System.out.println("{\"us\":1.5}");
    switch (args[0]) {
      case "hang" -> Thread.sleep(Long.MAX_VALUE);
      case "crash" -> MemorySegment.ofAddress(8).reinterpret(8).get(ValueLayout.JAVA_INT, 0);
      case "fail" -> {
        System.err.println("hindsight: no luck");
        System.exit(1);
      }
      default -> {}
    }
  }
}
