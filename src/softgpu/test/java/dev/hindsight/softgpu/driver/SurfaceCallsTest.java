package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUarray;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUsurfObject;
import org.junit.jupiter.api.Test;

/// Surfaces, and what is wrong with accesses to them.
class SurfaceCallsTest extends ImageTest {
  private static CUsurfObject surface(CUarray array) {
    CUsurfObject made = new CUsurfObject();
    ok(cuSurfObjectCreate(made, resource(array)));
    return made;
  }

  @Test
  void surfacesAreReadAndWritten() {
    float[] texels = randoms(33 * 5);
    CUarray from = array(33, 5, 0, new int[] {FLOAT, 1, 2});
    CUarray to = array(33, 5, 0, new int[] {FLOAT, 1, 2});
    ok(cuMemcpyHtoA(from, 0, Pointer.to(texels), 4L * texels.length));
    CUdeviceptr size = TestKernels.ints(0, 0);
    ok(launch("mirrored", 5, surface(from), surface(to), 33, 5, size));
    assertThat(TestKernels.ints(size, 2)).containsExactly(33, 5);
    float[] back = new float[33 * 5];
    ok(cuMemcpyAtoH(Pointer.to(back), to, 0, 4L * back.length));
    for (int i = 0; i < back.length; i++) {
      assertThat(back[i]).isEqualTo(texels[back.length - 1 - i] + 1);
    }
    CUdeviceptr out = TestKernels.floats(7, 7);
    ok(launch("edges", 1, surface(to), out));
    assertThat(TestKernels.floats(out, 2)).containsExactly(back[4 * 33], 0);
    float[] edged = new float[33];
    ok(cuMemcpyAtoH(Pointer.to(edged), to, 0, 4L * 33));
    back[32] = 77;
    assertThat(edged).containsExactly(Arrays.copyOf(back, 33));
  }

  @Test
  void aSurfaceOfThreeDimensions() {
    CUarray array = array(9, 3, 1, new int[] {S16, 1, 2});
    ok(launch("slices", 3, surface(array), 9, 3));
    short[] back = new short[27];
    ok(cuMemcpyAtoH(Pointer.to(back), array, 0, 54));
    for (int i = 0; i < 27; i++) {
      assertThat(back[i]).isEqualTo((short) (i % 9 + 10 * (i / 9)));
    }
  }

  @Test
  void writesBeyondAreFound() {
    CUarray array = array(100, 2, 0, new int[] {FLOAT, 1, 2});
    CUsurfObject surface = surface(array);
    fails(launch("written_beyond", 1, surface, 100), CudaResult.ILLEGAL_ADDRESS);
    found(
        "Invalid surface write of size 4 bytes",
        "written_beyond in images.cu:",
        "by thread (31,0,0)",
        "Coordinates (400, 0) is out of bounds",
        "100 x 2 x 0 texels of 4 bytes");
  }

  @Test
  void accessesBetweenTexelsAreFound() {
    CUarray array = array(100, 2, 0, new int[] {FLOAT, 1, 2});
    fails(launch("written_between", 1, surface(array)), CudaResult.MISALIGNED_ADDRESS);
  }

  @Test
  void anObjectThatWasDestroyedIsFound() {
    CUarray array = array(100, 2, 0, new int[] {FLOAT, 1, 2});
    CUsurfObject surface = surface(array);
    ok(cuSurfObjectDestroy(surface));
    fails(launch("written_beyond", 1, surface, 10), CudaResult.ILLEGAL_ADDRESS);
    found("surface object", "was destroyed");
  }
}
