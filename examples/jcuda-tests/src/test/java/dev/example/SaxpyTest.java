package dev.example;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.hindsight.softgpu.junit.SoftwareGpu;
import java.io.IOException;
import org.junit.jupiter.api.Test;

@SoftwareGpu(check = "all")
class SaxpyTest {
  @Test
  void addsAMultiple() throws IOException {
    float[] y = {1, 2, 3};
    Saxpy.run(10, new float[] {4, 5, 6}, y);
    assertArrayEquals(new float[] {41, 52, 63}, y);
  }

  /// Take the guard `i < n` out of the kernel: this fails with the line of saxpy.cu.
  @Test
  void endsInsideABlock() throws IOException {
    float[] y = new float[300];
    Saxpy.run(1, new float[300], y);
    assertArrayEquals(new float[300], y);
  }
}
