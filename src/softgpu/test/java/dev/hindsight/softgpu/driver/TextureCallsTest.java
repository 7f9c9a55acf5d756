package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import jcuda.Pointer;
import jcuda.driver.CUDA_ARRAY3D_DESCRIPTOR;
import jcuda.driver.CUDA_RESOURCE_DESC;
import jcuda.driver.CUDA_TEXTURE_DESC;
import jcuda.driver.CUarray;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUtexObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Arrays and textures against lookups in Java.
class TextureCallsTest extends ImageTest {
  private static final int N = 97;

  private float[] read(String kernel, CUtexObject texture, float[] coordinates, int each) {
    CUdeviceptr out = TestKernels.floats(new float[N * each]);
    ok(launch(kernel, 1, texture, TestKernels.floats(coordinates), out, N));
    return TestKernels.floats(out, N * each);
  }

  /// Coordinates in and around a texture of this extent, some at texels and their edges.
  private float[] coordinates(float extent) {
    float[] made = new float[3 * N];
    for (int i = 0; i < made.length; i++) {
      made[i] = (random.nextFloat() * 2 - 0.5f) * extent;
      made[i] = i % 5 == 0 ? Math.round(made[i] * 2 / extent * 8) / 16f * extent : made[i];
    }
    return made;
  }

  /// The texel of an index along one dimension; -1 for the border.
  private static int texel(int mode, int i, int n) {
    return switch (mode) {
      case WRAP -> Math.floorMod(i, n);
      case BORDER -> i < 0 || i >= n ? -1 : i;
      default -> Math.min(n - 1, Math.max(0, i));
    };
  }

  private static double scaled(int mode, boolean normalised, float x, int n) {
    if (!normalised) {
      return x;
    }
    double whole = Math.floor(x);
    double in = mode == WRAP || mode == MIRROR ? x - whole : x;
    return (mode == MIRROR && Math.abs(whole) % 2 == 1 ? 1 - in : in) * n;
  }

  private interface Lookup {
    float at(int x, int y, int z);
  }

  /// What a fetch gives, from the last dimension down.
  private static double fetch(
      Lookup texels, int[] extents, float[] at, int d, int[] place, int mode, int how) {
    if (d < 0) {
      boolean border = place[0] < 0 || place[1] < 0 || place[2] < 0;
      return border ? 0.25 : texels.at(place[0], place[1], place[2]);
    }
    boolean normalised = (how & NORMALISED) != 0;
    double u = scaled(mode, normalised, at[d], extents[d]);
    int own = normalised || mode == BORDER ? mode : CLAMP;
    if ((how & 4) == 0) {
      place[d] = texel(own, (int) Math.floor(u), extents[d]);
      return fetch(texels, extents, at, d - 1, place, mode, how);
    }
    int first = (int) Math.floor(u - 0.5);
    double weight = Math.rint((u - 0.5 - first) * 256) / 256;
    place[d] = texel(own, first, extents[d]);
    double low = weight == 1 ? 0 : fetch(texels, extents, at, d - 1, place, mode, how);
    place[d] = texel(own, first + 1, extents[d]);
    double high = weight == 0 ? 0 : fetch(texels, extents, at, d - 1, place, mode, how);
    return (1 - weight) * low + weight * high;
  }

  private static void same(float[] got, int each, int i, double wanted) {
    assertThat((double) got[each * i]).as("fetch %d", i).isCloseTo(wanted, within(1e-4));
  }

  @ParameterizedTest
  @CsvSource({
    "of_line, 1, 0, 0", "of_line, 1, 1, 4", "of_line, 1, 0, 6", "of_line, 1, 2, 6",
    "of_line, 1, 3, 6", "of_plane, 2, 1, 0", "of_plane, 2, 3, 4", "of_plane, 2, 0, 6",
    "of_plane, 2, 2, 2", "of_volume, 3, 1, 4", "of_volume, 3, 2, 6", "of_volume, 3, 0, 2",
    "of_layers, 2, 1, 4", "of_layers, 2, 0, 6"
  })
  void fetchesByAddressModesAndFilters(String kernel, int dimensions, int mode, int how) {
    boolean layered = kernel.equals("of_layers");
    int channels = kernel.equals("of_plane") ? 4 : 1;
    int[] extents = {13, dimensions > 1 ? 7 : 1, dimensions > 2 || layered ? 5 : 1};
    float[] texels = randoms(extents[0] * extents[1] * extents[2] * channels);
    CUarray array =
        array(
            13,
            dimensions > 1 ? 7 : 0,
            dimensions > 2 || layered ? 5 : 0,
            new int[] {FLOAT, channels, layered ? 1 : 0});
    fill(array, Pointer.to(texels), 13 * 4 * channels, extents[1], extents[2]);
    CUtexObject texture = texture(resource(array), mode, (how & 4) != 0, how & NORMALISED);
    float[] at = coordinates((how & NORMALISED) != 0 ? 1 : 7);
    for (int i = 0; layered && i < N; i++) {
      at[3 * i + 2] = i % 7 - 1;
    }
    float[] got = read(kernel, texture, at, channels);
    for (int i = 0; i < N; i++) {
      int layer = layered ? Math.max(0, Math.min(4, i % 7 - 1)) : 0;
      for (int c = 0; c < channels; c++) {
        int channel = c;
        double wanted =
            fetch(
                (x, y, z) -> texels[(((z + layer) * extents[1] + y) * 13 + x) * channels + channel],
                extents,
                new float[] {at[3 * i], at[3 * i + 1], at[3 * i + 2]},
                dimensions - 1,
                new int[3],
                mode,
                how);
        if (mode == BORDER && c > 0) {
          continue; // the border of the other channels is 0
        }
        assertThat((double) got[channels * i + c])
            .as("fetch %d at %f %f", i, at[3 * i], at[3 * i + 1])
            .isCloseTo(wanted, within(1e-4));
      }
    }
    ok(cuTexObjectDestroy(texture));
    ok(cuArrayDestroy(array));
  }

  @Test
  void facesOfACube() {
    float[] texels = new float[6 * 9];
    IntStream.range(0, texels.length).forEach(i -> texels[i] = i);
    CUarray array = array(3, 3, 6, new int[] {FLOAT, 1, 4});
    fill(array, Pointer.to(texels), 12, 3, 6);
    float[] at = new float[3 * N];
    float[][] axes = {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};
    for (int i = 0; i < 6; i++) {
      System.arraycopy(axes[i], 0, at, 3 * i, 3);
    }
    System.arraycopy(new float[] {1, 0.9f, 0.9f}, 0, at, 18, 3);
    System.arraycopy(new float[] {0.9f, 0.8f, -1}, 0, at, 21, 3);
    for (int i = 24; i < at.length; i++) {
      at[i] = 1;
    }
    float[] got = read("of_cube", texture(resource(array), CLAMP, false, 0), at, 1);
    for (int face = 0; face < 6; face++) {
      same(got, 1, face, 9 * face + 4);
    }
    same(got, 1, 6, 0);
    same(got, 1, 7, 9 * 5);
  }

  @Test
  void gatheredTexels() {
    float[] texels = randoms(13 * 7);
    CUarray array = array(13, 7, 0, new int[] {FLOAT, 1, 8});
    fill(array, Pointer.to(texels), 52, 7, 1);
    float[] at = coordinates(7);
    float[] got = read("gathered", texture(resource(array), CLAMP, false, 0), at, 4);
    for (int i = 0; i < N; i++) {
      int x = (int) Math.floor(at[3 * i] - 0.5);
      int y = (int) Math.floor(at[3 * i + 1] - 0.5);
      int[][] around = {{x, y + 1}, {x + 1, y + 1}, {x + 1, y}, {x, y}};
      for (int c = 0; c < 4; c++) {
        int column = texel(CLAMP, around[c][0], 13);
        int row = texel(CLAMP, around[c][1], 7);
        assertThat(got[4 * i + c]).isEqualTo(texels[row * 13 + column]);
      }
    }
  }

  @Test
  void integersAndNormalisedIntegers() {
    byte[] texels = new byte[13 * 7 * 4];
    random.nextBytes(texels);
    texels[0] = -128;
    CUarray signed = array(13, 7, 0, new int[] {S8, 4, 0});
    fill(signed, Pointer.to(texels), 52, 7, 1);
    float[] at = coordinates(7);
    at[0] = 0;
    at[1] = 0;
    CUdeviceptr out = TestKernels.ints(new int[4 * N]);
    ok(
        launch(
            "of_texels",
            1,
            texture(resource(signed), CLAMP, false, INTEGERS),
            TestKernels.floats(at),
            out,
            N));
    int[] got = TestKernels.ints(out, 4 * N);
    float[] parts = read("of_plane", texture(resource(signed), CLAMP, false, 0), at, 4);
    CUarray unsigned = array(13, 7, 0, new int[] {U8, 4, 0});
    fill(unsigned, Pointer.to(texels), 52, 7, 1);
    float[] wholes = read("of_plane", texture(resource(unsigned), CLAMP, false, 0), at, 4);
    for (int i = 0; i < N; i++) {
      int x = texel(CLAMP, (int) Math.floor(at[3 * i]), 13);
      int y = texel(CLAMP, (int) Math.floor(at[3 * i + 1]), 7);
      for (int c = 0; c < 4; c++) {
        byte texel = texels[(y * 13 + x) * 4 + c];
        assertThat(got[4 * i + c]).isEqualTo(texel);
        assertThat(parts[4 * i + c]).isEqualTo(Math.max(-1, texel / 127f));
        assertThat(wholes[4 * i + c]).isEqualTo((texel & 255) / 255f);
      }
    }
  }

  @Test
  void memoryAsALineAndAsAPlane() {
    float[] texels = randoms(64 * 4);
    CUDA_RESOURCE_DESC line = new CUDA_RESOURCE_DESC();
    line.resType = 2;
    line.linear_devPtr = TestKernels.floats(texels);
    line.linear_format = FLOAT;
    line.linear_numChannels = 1;
    line.linear_sizeInBytes = 50 * 4;
    float[] at = coordinates(60);
    float[] got = read("of_memory", texture(line, CLAMP, false, 0), at, 1);
    for (int i = 0; i < N; i++) {
      int x = (int) at[3 * i];
      assertThat(got[i]).isEqualTo(x < 0 || x >= 50 ? 0 : texels[x]);
    }
    CUDA_RESOURCE_DESC plane = new CUDA_RESOURCE_DESC();
    plane.resType = 3;
    plane.pitch2D_devPtr = line.linear_devPtr;
    plane.pitch2D_format = FLOAT;
    plane.pitch2D_numChannels = 4;
    plane.pitch2D_width = 13;
    plane.pitch2D_height = 4;
    plane.pitch2D_pitchInBytes = 64 * 4;
    float[] colours = read("of_plane", texture(plane, CLAMP, false, 0), at, 4);
    for (int i = 0; i < N; i++) {
      int x = texel(CLAMP, (int) Math.floor(at[3 * i]), 13);
      int y = texel(CLAMP, (int) Math.floor(at[3 * i + 1]), 4);
      assertThat(colours[4 * i + 2]).isEqualTo(texels[64 * y + 4 * x + 2]);
    }
  }

  @Test
  void texelsThatNobodyWroteAreFound() {
    CUarray array = array(100, 2, 0, new int[] {FLOAT, 1, 0});
    CUtexObject texture = texture(resource(array), CLAMP, false, 0);
    CUdeviceptr out = TestKernels.floats(new float[4 * N]);
    fails(
        launch("of_plane", 1, texture, TestKernels.floats(new float[3 * N]), out, N),
        CudaResult.LAUNCH_FAILED);
    found("Uninitialized __global__ memory read", "cuArray3DCreate");
  }

  @Test
  void whatNoTextureCanBeIsRefused() {
    CUarray array = array(4, 4, 0, new int[] {U8, 1, 0});
    CUDA_TEXTURE_DESC how = new CUDA_TEXTURE_DESC();
    how.addressMode = new int[3];
    how.borderColor = new float[4];
    how.filterMode = 1;
    how.flags = INTEGERS;
    fails(
        cuTexObjectCreate(new CUtexObject(), resource(array), how, null), CudaResult.INVALID_VALUE);
    CUDA_ARRAY3D_DESCRIPTOR three = new CUDA_ARRAY3D_DESCRIPTOR();
    three.Width = 4;
    three.Format = U8;
    three.NumChannels = 3;
    fails(cuArray3DCreate(new CUarray(), three), CudaResult.INVALID_VALUE);
    ok(cuArrayDestroy(array));
    fails(cuArrayDestroy(array), CudaResult.INVALID_HANDLE);
  }
}
