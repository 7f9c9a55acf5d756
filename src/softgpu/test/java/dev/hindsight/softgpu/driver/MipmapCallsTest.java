package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUDA_ARRAY3D_DESCRIPTOR;
import jcuda.driver.CUDA_RESOURCE_DESC;
import jcuda.driver.CUDA_TEXTURE_DESC;
import jcuda.driver.CUarray;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUmipmappedArray;
import jcuda.driver.CUtexObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Mipmapped arrays against lookups in Java.
class MipmapCallsTest extends ImageTest {
  private static final int N = 97;

  /// The texels of each level, and their extents.
  private final List<float[]> texels = new ArrayList<>();

  private final List<int[]> extents = new ArrayList<>();
  private CUmipmappedArray array = new CUmipmappedArray();

  private void create(int width, int height, int depth, int flags, int levels) {
    array = new CUmipmappedArray();
    texels.clear();
    extents.clear();
    ok(cuMipmappedArrayCreate(array, description(width, height, depth, flags), levels));
    boolean slices = flags != 0;
    for (int level = 0; level < levels; level++) {
      int[] own = {
        Math.max(1, width >> level),
        Math.max(1, height >> level),
        slices ? depth : Math.max(1, depth >> level)
      };
      float[] values = randoms(own[0] * own[1] * own[2]);
      CUarray one = new CUarray();
      ok(cuMipmappedArrayGetLevel(one, array, level));
      fill(one, Pointer.to(values), own[0] * 4, own[1], own[2]);
      texels.add(values);
      extents.add(own);
    }
  }

  private static CUDA_ARRAY3D_DESCRIPTOR description(int width, int height, int depth, int flags) {
    CUDA_ARRAY3D_DESCRIPTOR wanted = new CUDA_ARRAY3D_DESCRIPTOR();
    wanted.Width = width;
    wanted.Height = height;
    wanted.Depth = depth;
    wanted.Format = FLOAT;
    wanted.NumChannels = 1;
    wanted.Flags = flags;
    return wanted;
  }

  private CUtexObject texture(boolean mixed, float bias, float least, float most) {
    CUDA_RESOURCE_DESC of = new CUDA_RESOURCE_DESC();
    of.resType = 1;
    of.mipmap_hMipmappedArray = array;
    CUtexObject made = new CUtexObject();
    ok(cuTexObjectCreate(made, of, how(mixed, bias, least, most), null));
    return made;
  }

  private static CUDA_TEXTURE_DESC how(boolean mixed, float bias, float least, float most) {
    CUDA_TEXTURE_DESC how = new CUDA_TEXTURE_DESC();
    how.addressMode = new int[] {CLAMP, CLAMP, CLAMP};
    how.borderColor = new float[4];
    how.flags = NORMALISED;
    how.mipmapFilterMode = mixed ? 1 : 0;
    how.mipmapLevelBias = bias;
    how.minMipmapLevelClamp = least;
    how.maxMipmapLevelClamp = most;
    return how;
  }

  private float[] numbers() {
    float[] made = new float[4 * N];
    for (int i = 0; i < N; i++) {
      for (int d = 0; d < 3; d++) {
        made[4 * i + d] = random.nextFloat() * 1.4f - 0.2f;
      }
      made[4 * i + 3] = i % 7 == 0 ? i % 5 : random.nextFloat() * 6 - 1.5f;
    }
    return made;
  }

  private float[] read(String kernel, CUtexObject texture, float[] numbers) {
    CUdeviceptr out = TestKernels.floats(new float[N]);
    ok(launch(kernel, 1, texture, TestKernels.floats(numbers), out, N));
    return TestKernels.floats(out, N);
  }

  private float texel(int level, float[] numbers, int i, int dimensions, boolean layered) {
    int[] own = extents.get(level);
    int[] place = new int[3];
    for (int d = 0; d < dimensions; d++) {
      int at = (int) Math.floor(numbers[4 * i + d] * own[d]);
      place[d] = Math.max(0, Math.min(own[d] - 1, at));
    }
    if (layered) {
      place[2] = Math.max(0, Math.min(own[2] - 1, (int) numbers[4 * i + 2]));
    }
    return texels.get(level)[(place[2] * own[1] + place[1]) * own[0] + place[0]];
  }

  /// What is wanted where this level is asked for.
  private double wanted(
      double asked, boolean mixed, float[] numbers, int i, int dimensions, boolean layered) {
    double level = Math.max(0, Math.min(texels.size() - 1, asked));
    if (!mixed) {
      return texel((int) Math.floor(level + 0.5), numbers, i, dimensions, layered);
    }
    int low = (int) level;
    double weight = Math.rint((level - low) * 256) / 256;
    double one = texel(low, numbers, i, dimensions, layered);
    double two = weight == 0 ? 0 : texel(low + 1, numbers, i, dimensions, layered);
    return (1 - weight) * one + weight * two;
  }

  @ParameterizedTest
  @CsvSource({
    "of_line_level, 19, 0, 0, 0, 5, false, 0, 0, 9",
    "of_line_level, 19, 0, 0, 0, 5, true, 0.5, 0, 9",
    "of_plane_level, 16, 9, 0, 0, 5, false, 0, 0, 9",
    "of_plane_level, 16, 9, 0, 0, 5, true, 0, 0, 9",
    "of_plane_level, 16, 9, 0, 0, 3, true, -0.75, 0.5, 1.5",
    "of_volume_level, 5, 8, 11, 0, 4, true, 0, 0, 9",
    "of_volume_level, 5, 8, 11, 0, 4, false, 1, 1, 2",
    "of_layers_level, 7, 12, 4, 1, 4, true, 0.25, 0, 9",
  })
  void levelsAreChosenAndMixed(
      String kernel,
      int width,
      int height,
      int depth,
      int flags,
      int levels,
      boolean mixed,
      float bias,
      float least,
      float most) {
    create(width, height, depth, flags, levels);
    float[] numbers = numbers();
    boolean layered = flags == 1;
    for (int i = 0; layered && i < N; i++) {
      numbers[4 * i + 2] = i % 6 - 1;
    }
    int dimensions = kernel.contains("line") ? 1 : kernel.contains("volume") ? 3 : 2;
    float[] got = read(kernel, texture(mixed, bias, least, most), numbers);
    for (int i = 0; i < N; i++) {
      double asked = Math.max(least, Math.min(most, numbers[4 * i + 3] + bias));
      assertThat((double) got[i])
          .as("fetch %d of level %f", i, asked)
          .isCloseTo(wanted(asked, mixed, numbers, i, dimensions, layered), within(1e-4));
    }
    ok(cuMipmappedArrayDestroy(array));
  }

  @Test
  void changesOfCoordinatesChooseALevel() {
    create(32, 16, 0, 0, 6);
    float[] numbers = numbers();
    for (int i = 0; i < N; i++) {
      numbers[4 * i + 3] = (i + 1) / 97f;
    }
    float[] got = read("of_plane_change", texture(true, 0, 0, 9), numbers);
    float[] first = read("of_plane_first", texture(true, 0, 0, 9), numbers);
    for (int i = 0; i < N; i++) {
      double asked = Math.log(numbers[4 * i + 3] * 32) / Math.log(2);
      // A logarithm may round to the next weight: 1/256 of what two texels differ by.
      assertThat((double) got[i]).isCloseTo(wanted(asked, true, numbers, i, 2, false), within(0.5));
      assertThat(first[i]).isEqualTo(texel(0, numbers, i, 2, false));
    }
  }

  @Test
  void facesOfACubeHaveLevels() {
    create(4, 4, 6, 4, 3);
    float[] numbers = new float[4 * N];
    for (int i = 0; i < N; i++) {
      numbers[4 * i + i % 3] = i % 2 == 0 ? 1 : -1;
      numbers[4 * i + 3] = 2;
    }
    float[] got = read("of_cube_level", texture(false, 0, 0, 9), numbers);
    for (int i = 0; i < N; i++) {
      assertThat(got[i]).isEqualTo(texels.get(2)[i % 3 * 2 + i % 2]);
    }
  }

  @Test
  void kernelsAskForLevels() {
    create(20, 9, 0, 0, 4);
    CUdeviceptr out = TestKernels.ints(new int[32 * 4]);
    ok(launch("levels", 1, texture(false, 0, 0, 9), out));
    assertThat(TestKernels.ints(out, 4)).containsExactly(4, 5, 2, 20);
  }

  @Test
  void levelsThatNobodyWroteAreFound() {
    create(20, 9, 0, 0, 1);
    ok(cuMipmappedArrayDestroy(array));
    ok(cuMipmappedArrayCreate(array, description(20, 9, 0, 0), 2));
    CUarray first = new CUarray();
    ok(cuMipmappedArrayGetLevel(first, array, 0));
    fill(first, Pointer.to(texels.getFirst()), 80, 9, 1);
    float[] numbers = new float[4 * N];
    read("of_plane_level", texture(true, 0, 0, 9), numbers);
    numbers[4 * 33 + 3] = 0.5f;
    fails(
        launch(
            "of_plane_level",
            1,
            texture(true, 0, 0, 9),
            TestKernels.floats(numbers),
            TestKernels.floats(new float[N]),
            N),
        CudaResult.LAUNCH_FAILED);
    found(
        "Uninitialized __global__ memory read",
        "cuMipmappedArrayCreate",
        "by thread (1,0,0) in block (1,0,0)");
  }

  @Test
  void levelsEndWithTheirArray() {
    create(20, 9, 0, 0, 4);
    CUarray level = new CUarray();
    fails(cuMipmappedArrayGetLevel(level, array, 4), CudaResult.INVALID_VALUE);
    ok(cuMipmappedArrayGetLevel(level, array, 3));
    CUDA_ARRAY3D_DESCRIPTOR got = new CUDA_ARRAY3D_DESCRIPTOR();
    ok(cuArray3DGetDescriptor(got, level));
    assertThat(new long[] {got.Width, got.Height}).containsExactly(2, 1);
    fails(cuArrayDestroy(level), CudaResult.INVALID_VALUE);
    ok(cuMipmappedArrayDestroy(array));
    fails(cuMipmappedArrayDestroy(array), CudaResult.INVALID_HANDLE);
    fails(cuArray3DGetDescriptor(got, level), CudaResult.INVALID_HANDLE);
    CUmipmappedArray most = new CUmipmappedArray();
    ok(cuMipmappedArrayCreate(most, description(8, 2, 0, 0), 99));
    ok(cuMipmappedArrayGetLevel(level, most, 3));
    fails(cuMipmappedArrayGetLevel(level, most, 4), CudaResult.INVALID_VALUE);
    CUDA_RESOURCE_DESC of = new CUDA_RESOURCE_DESC();
    of.resType = 1;
    of.mipmap_hMipmappedArray = most;
    CUDA_TEXTURE_DESC how = how(false, 0, 0, 0);
    how.flags = 0;
    fails(cuTexObjectCreate(new CUtexObject(), of, how, null), CudaResult.INVALID_VALUE);
    ok(cuMipmappedArrayDestroy(most));
  }
}
