package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import jcuda.Pointer;
import jcuda.driver.CUDA_ARRAY3D_DESCRIPTOR;
import jcuda.driver.CUDA_ARRAY_DESCRIPTOR;
import jcuda.driver.CUarray;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUmipmappedArray;
import jcuda.driver.CUsurfref;
import jcuda.driver.CUtexref;
import org.junit.jupiter.api.Test;

/// Texture and surface references of a module, as programs before CUDA 12 have them.
@SuppressWarnings("deprecation")
class ReferenceCallsTest extends ImageTest {
  private static final int N = 97;
  private static final int S32 = 10;

  /// What `cuTexRefSetArray` wants.
  private static final int OVERRIDE = 1;

  private final Random numbers = new Random(11);
  private final CUtexref plane = new CUtexref();

  @Override
  String file() {
    return "references.ptx";
  }

  private CUtexref reference(String name) {
    CUtexref found = new CUtexref();
    ok(cuModuleGetTexRef(found, module, name));
    return found;
  }

  private float[] coordinates(int width, int height) {
    float[] made = new float[2 * N];
    for (int i = 0; i < N; i++) {
      made[2 * i] = (numbers.nextFloat() * 1.4f - 0.2f) * width;
      made[2 * i + 1] = (numbers.nextFloat() * 1.4f - 0.2f) * height;
    }
    return made;
  }

  private float[] read(String kernel, float[] at) {
    CUdeviceptr out = TestKernels.floats(new float[N]);
    ok(launch(kernel, 1, TestKernels.floats(at), out, N));
    return TestKernels.floats(out, N);
  }

  private static int inside(float x, int n) {
    return Math.max(0, Math.min(n - 1, (int) Math.floor(x)));
  }

  @Test
  void arraysAreReadAsTheReferenceSays() {
    float[] texels = randoms(13 * 7);
    CUarray array = array(13, 7, 0, new int[] {FLOAT, 1, 0});
    fill(array, Pointer.to(texels), 52, 7, 1);
    CUtexref one = reference("plane");
    ok(cuTexRefSetArray(one, array, OVERRIDE));
    float[] at = coordinates(13, 7);
    float[] got = read("of_plane", at);
    for (int i = 0; i < N; i++) {
      assertThat(got[i]).isEqualTo(texels[inside(at[2 * i + 1], 7) * 13 + inside(at[2 * i], 13)]);
    }
    ok(cuTexRefSetAddressMode(one, 0, WRAP));
    ok(cuTexRefSetAddressMode(one, 1, BORDER));
    ok(cuTexRefSetFlags(one, NORMALISED));
    ok(cuTexRefSetBorderColor(one, new float[] {0.25f, 0, 0, 0}));
    at = coordinates(1, 1);
    got = read("of_plane", at);
    for (int i = 0; i < N; i++) {
      int x = Math.floorMod((int) Math.floor(at[2 * i] * 13), 13);
      int y = (int) Math.floor(at[2 * i + 1] * 7);
      assertThat(got[i]).isEqualTo(y < 0 || y >= 7 ? 0.25f : texels[y * 13 + x]);
    }
    ok(cuTexRefSetFlags(one, 0));
    ok(cuTexRefSetFilterMode(one, 1));
    at = new float[2 * N];
    for (int i = 0; i < N; i++) {
      at[2 * i] = i % 12 + 1;
      at[2 * i + 1] = i % 7 + 0.5f;
    }
    got = read("of_plane", at);
    for (int i = 0; i < N; i++) {
      int left = i % 7 * 13 + i % 12;
      assertThat(got[i]).isCloseTo((texels[left] + texels[left + 1]) / 2, within(1e-4f));
    }
    CUarray bound = new CUarray();
    ok(cuTexRefGetArray(bound, one));
    assertThat(bound).isEqualTo(array);
    int[] format = new int[1];
    int[] channels = new int[1];
    ok(cuTexRefGetFormat(format, channels, one));
    assertThat(new int[] {format[0], channels[0]}).containsExactly(FLOAT, 1);
    ok(cuArrayDestroy(array));
  }

  @Test
  void memoryIsReadFromAnOffsetOn() {
    int[] texels = numbers.ints(300).toArray();
    CUdeviceptr all = TestKernels.ints(texels);
    CUtexref line = reference("line");
    ok(cuTexRefSetFormat(line, S32, 1));
    ok(cuTexRefSetFlags(line, INTEGERS));
    long[] offset = new long[1];
    ok(cuTexRefSetAddress(offset, line, all.withByteOffset(40), 4L * 60));
    assertThat(offset[0]).isEqualTo(40);
    CUdeviceptr out = TestKernels.ints(new int[N]);
    ok(launch("of_line", 1, out, 10, N));
    int[] got = TestKernels.ints(out, N);
    for (int i = 0; i < N; i++) {
      assertThat(got[i]).isEqualTo(i < 60 ? texels[10 + i] : 0);
    }
    ok(cuTexRefSetFormat(line, U8, 1));
    ok(launch("of_line", 1, out, 40, N));
    got = TestKernels.ints(out, N);
    for (int i = 0; i < N; i++) {
      assertThat(got[i]).isEqualTo((texels[10 + i / 4] >>> (8 * (i % 4))) & 255);
    }
    CUdeviceptr bound = new CUdeviceptr();
    ok(cuTexRefGetAddress(bound, line));
    assertThat(bound).isEqualTo(all);
    fails(cuTexRefGetArray(new CUarray(), line), CudaResult.INVALID_VALUE);
  }

  @Test
  void rowsOfMemoryAreAPlane() {
    float[] texels = randoms(16 * 5);
    CUDA_ARRAY_DESCRIPTOR of = new CUDA_ARRAY_DESCRIPTOR();
    of.Width = 13;
    of.Height = 5;
    of.Format = FLOAT;
    of.NumChannels = 1;
    CUtexref one = reference("plane");
    CUdeviceptr memory = TestKernels.floats(texels);
    ok(cuTexRefSetAddress2D(one, of, memory, 64));
    CUdeviceptr bound = new CUdeviceptr();
    ok(cuTexRefGetAddress(bound, one));
    assertThat(bound).isEqualTo(memory);
    float[] at = coordinates(13, 5);
    float[] got = read("of_plane", at);
    for (int i = 0; i < N; i++) {
      assertThat(got[i]).isEqualTo(texels[inside(at[2 * i + 1], 5) * 16 + inside(at[2 * i], 13)]);
    }
  }

  @Test
  void levelsAreReadThroughAReference() {
    CUDA_ARRAY3D_DESCRIPTOR of = new CUDA_ARRAY3D_DESCRIPTOR();
    of.Width = 8;
    of.Height = 1;
    of.Format = FLOAT;
    of.NumChannels = 1;
    CUmipmappedArray all = new CUmipmappedArray();
    ok(cuMipmappedArrayCreate(all, of, 3));
    float[][] texels = {randoms(8), randoms(4), randoms(2)};
    for (int level = 0; level < 3; level++) {
      CUarray one = new CUarray();
      ok(cuMipmappedArrayGetLevel(one, all, level));
      fill(one, Pointer.to(texels[level]), 32 >> level, 1, 1);
    }
    CUtexref one = reference("plane");
    ok(cuTexRefSetFlags(one, NORMALISED));
    ok(cuTexRefSetMipmapLevelClamp(one, 0, 2));
    ok(cuTexRefSetMipmapLevelBias(one, 0.25f));
    ok(cuTexRefSetMipmappedArray(one, all, OVERRIDE));
    float[] at = coordinates(1, 3);
    float[] got = read("of_level", at);
    for (int i = 0; i < N; i++) {
      float asked = Math.max(0, Math.min(2, at[2 * i + 1] + 0.25f));
      int level = (int) Math.floor(asked + 0.5);
      assertThat(got[i]).isEqualTo(texels[level][inside(at[2 * i] * (8 >> level), 8 >> level)]);
    }
    ok(cuTexRefSetMipmapFilterMode(one, 1));
    got = read("of_level", at);
    for (int i = 0; i < N; i++) {
      float asked = Math.max(0, Math.min(2, at[2 * i + 1] + 0.25f));
      int low = (int) asked;
      int high = Math.min(2, low + 1);
      float weight = Math.round((asked - low) * 256) / 256f;
      float of0 = texels[low][inside(at[2 * i] * (8 >> low), 8 >> low)];
      float of1 = texels[high][inside(at[2 * i] * (8 >> high), 8 >> high)];
      assertThat(got[i]).isCloseTo((1 - weight) * of0 + weight * of1, within(1e-4f));
    }
    CUmipmappedArray bound = new CUmipmappedArray();
    ok(cuTexRefGetMipmappedArray(bound, one));
    assertThat(bound).isEqualTo(all);
    ok(cuMipmappedArrayDestroy(all));
  }

  @Test
  void surfacesAreWrittenThroughAReference() {
    int[] texels = numbers.ints(40).toArray();
    CUarray array = array(20, 2, 0, new int[] {S32, 1, 2});
    fill(array, Pointer.to(texels), 80, 2, 1);
    CUsurfref board = new CUsurfref();
    ok(cuModuleGetSurfRef(board, module, "board"));
    ok(cuSurfRefSetArray(board, array, 0));
    CUdeviceptr out = TestKernels.ints(new int[1]);
    ok(launch("on_board", 1, out, 20));
    assertThat(TestKernels.ints(out, 1)).containsExactly(20);
    int[] got = new int[40];
    ok(cuMemcpyAtoH(Pointer.to(got), array, 0, 160));
    for (int i = 0; i < 40; i++) {
      assertThat(got[i]).isEqualTo(i < 20 ? 2 * texels[i] : texels[i]);
    }
    CUarray bound = new CUarray();
    ok(cuSurfRefGetArray(bound, board));
    assertThat(bound).isEqualTo(array);
    fails(launch("on_board", 1, out, 21), CudaResult.ILLEGAL_ADDRESS);
    assertThat(software.findings().getFirst().report()).contains("thread (20,0,0)");
  }

  @Test
  void whatIsSetIsKept() {
    CUtexref one = new CUtexref();
    ok(cuTexRefCreate(one));
    ok(cuTexRefSetFilterMode(one, 1));
    ok(cuTexRefSetMipmapFilterMode(one, 1));
    ok(cuTexRefSetMipmapLevelBias(one, -0.5f));
    ok(cuTexRefSetMipmapLevelClamp(one, 1, 4));
    ok(cuTexRefSetMaxAnisotropy(one, 8));
    ok(cuTexRefSetBorderColor(one, new float[] {1, 2, 3, 4}));
    ok(cuTexRefSetFlags(one, NORMALISED));
    ok(cuTexRefSetFormat(one, FLOAT, 2));
    ok(cuTexRefSetAddressMode(one, 2, MIRROR));
    int[] number = new int[1];
    int[] channels = new int[1];
    float[] bias = new float[1];
    float[] most = new float[1];
    float[] border = new float[4];
    ok(cuTexRefGetFilterMode(number, one));
    assertThat(number[0]).isEqualTo(1);
    ok(cuTexRefGetMipmapFilterMode(number, one));
    assertThat(number[0]).isEqualTo(1);
    ok(cuTexRefGetMaxAnisotropy(number, one));
    assertThat(number[0]).isEqualTo(8);
    ok(cuTexRefGetFlags(number, one));
    assertThat(number[0]).isEqualTo(NORMALISED);
    ok(cuTexRefGetAddressMode(number, one, 2));
    assertThat(number[0]).isEqualTo(MIRROR);
    ok(cuTexRefGetFormat(number, channels, one));
    assertThat(new int[] {number[0], channels[0]}).containsExactly(FLOAT, 2);
    ok(cuTexRefGetMipmapLevelBias(bias, one));
    assertThat(bias[0]).isEqualTo(-0.5f);
    ok(cuTexRefGetMipmapLevelClamp(bias, most, one));
    assertThat(new float[] {bias[0], most[0]}).containsExactly(1, 4);
    ok(cuTexRefGetBorderColor(border, one));
    assertThat(border).containsExactly(1, 2, 3, 4);
    ok(cuParamSetTexRef(new TestKernels(module).function("of_plane"), -1, one));
    ok(cuTexRefDestroy(one));
    fails(cuTexRefGetFlags(number, one), CudaResult.INVALID_HANDLE);
  }

  @Test
  void whatIsNoReferenceOrNotBoundIsFound() {
    fails(cuModuleGetTexRef(plane, module, "board"), CudaResult.NOT_FOUND);
    fails(cuModuleGetSurfRef(new CUsurfref(), module, "plane"), CudaResult.NOT_FOUND);
    fails(cuModuleGetGlobal(new CUdeviceptr(), new long[1], module, "plane"), CudaResult.NOT_FOUND);
    CUtexref one = reference("plane");
    assertThat(reference("plane")).as("the same again").isEqualTo(one);
    fails(cuTexRefDestroy(one), CudaResult.INVALID_VALUE);
    fails(cuTexRefSetAddressMode(one, 3, 0), CudaResult.INVALID_VALUE);
    CUarray array = array(4, 4, 0, new int[] {FLOAT, 1, 0});
    fails(cuTexRefSetArray(one, array, 0), CudaResult.INVALID_VALUE);
    ok(cuArrayDestroy(array));
    CUdeviceptr at = TestKernels.floats(new float[2 * N]);
    fails(
        launch("of_plane", 1, at, TestKernels.floats(new float[N]), N), CudaResult.ILLEGAL_ADDRESS);
    found("Invalid texture object", "not bound");
  }
}
