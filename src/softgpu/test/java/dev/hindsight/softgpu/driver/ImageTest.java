package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUDA_ARRAY3D_DESCRIPTOR;
import jcuda.driver.CUDA_MEMCPY3D;
import jcuda.driver.CUDA_RESOURCE_DESC;
import jcuda.driver.CUDA_TEXTURE_DESC;
import jcuda.driver.CUarray;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUtexObject;
import org.junit.jupiter.api.BeforeEach;

/// Kernels of images.cu, or of another file, with arrays that they see.
abstract class ImageTest extends DriverTest {
  static final int FLOAT = 0x20;
  static final int U8 = 1;
  static final int S8 = 8;
  static final int S16 = 9;
  static final int INTEGERS = 1;
  static final int NORMALISED = 2;
  static final int WRAP = 0;
  static final int CLAMP = 1;
  static final int MIRROR = 2;
  static final int BORDER = 3;

  final Random random = new Random(8);
  CUmodule module = new CUmodule();

  String file() {
    return "images.ptx";
  }

  @BeforeEach
  void load() {
    module = new CUmodule();
    ok(cuModuleLoadData(module, TestKernels.text("/dev/hindsight/softgpu/" + file())));
  }

  static CUarray array(int width, int height, int depth, int[] formatChannelsFlags) {
    CUDA_ARRAY3D_DESCRIPTOR wanted = new CUDA_ARRAY3D_DESCRIPTOR();
    wanted.Width = width;
    wanted.Height = height;
    wanted.Depth = depth;
    wanted.Format = formatChannelsFlags[0];
    wanted.NumChannels = formatChannelsFlags[1];
    wanted.Flags = formatChannelsFlags[2];
    CUarray made = new CUarray();
    ok(cuArray3DCreate(made, wanted));
    CUDA_ARRAY3D_DESCRIPTOR got = new CUDA_ARRAY3D_DESCRIPTOR();
    ok(cuArray3DGetDescriptor(got, made));
    assertThat(new long[] {got.Width, got.Height, got.Depth, got.Flags})
        .containsExactly(width, height, depth, wanted.Flags);
    return made;
  }

  static void fill(CUarray array, Pointer from, int rowBytes, int height, int depth) {
    CUDA_MEMCPY3D copy = new CUDA_MEMCPY3D();
    copy.srcMemoryType = 1;
    copy.srcHost = from;
    copy.srcPitch = rowBytes;
    copy.srcHeight = height;
    copy.dstMemoryType = 3;
    copy.dstArray = array;
    copy.WidthInBytes = rowBytes;
    copy.Height = height;
    copy.Depth = depth;
    ok(cuMemcpy3D(copy));
  }

  static CUDA_RESOURCE_DESC resource(CUarray array) {
    CUDA_RESOURCE_DESC made = new CUDA_RESOURCE_DESC();
    made.resType = 0;
    made.array_hArray = array;
    return made;
  }

  static CUtexObject texture(CUDA_RESOURCE_DESC of, int mode, boolean linear, int flags) {
    CUDA_TEXTURE_DESC how = new CUDA_TEXTURE_DESC();
    how.addressMode = new int[] {mode, mode, mode};
    how.filterMode = linear ? 1 : 0;
    how.flags = flags;
    how.borderColor = new float[] {0.25f, 0, 0, 0};
    CUtexObject made = new CUtexObject();
    ok(cuTexObjectCreate(made, of, how, null));
    return made;
  }

  int launch(String kernel, int blocksY, Object... values) {
    CUfunction function = new TestKernels(module).function(kernel);
    Pointer[] parameters = new Pointer[values.length];
    for (int i = 0; i < values.length; i++) {
      parameters[i] =
          values[i] instanceof Integer number
              ? Pointer.to(new int[] {number})
              : Pointer.to((NativePointerObject) values[i]);
    }
    return cuLaunchKernel(function, 4, blocksY, 1, 32, 1, 1, 0, null, Pointer.to(parameters), null);
  }

  float[] randoms(int count) {
    float[] made = new float[count];
    IntStream.range(0, count).forEach(i -> made[i] = random.nextInt(1000) / 8f - 60);
    return made;
  }
}
