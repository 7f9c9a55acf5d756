package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.ToIntFunction;
import jcuda.Pointer;
import jcuda.Sizeof;
import jcuda.driver.CUDA_MEMCPY2D;
import jcuda.driver.CUDA_MEMCPY3D;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUmemorytype;
import jcuda.driver.CUpointer_attribute;
import jcuda.driver.CUresult;
import org.junit.jupiter.api.Test;

class MemoryCallsTest extends DriverTest {
  private static final int N = 1031;
  private static final long BYTES = (long) N * Sizeof.FLOAT;

  private static CUdeviceptr allocate(long bytes) {
    CUdeviceptr made = new CUdeviceptr();
    ok(cuMemAlloc(made, bytes));
    return made;
  }

  private static float[] ramp() {
    float[] values = new float[N];
    for (int i = 0; i < N; i++) {
      values[i] = i * 0.5f - 7;
    }
    return values;
  }

  @Test
  void arraysComeBack() {
    CUdeviceptr x = allocate(BYTES);
    ok(cuMemcpyHtoD(x, Pointer.to(ramp()), BYTES));
    float[] back = new float[N];
    ok(cuMemcpyDtoH(Pointer.to(back), x, BYTES));
    assertThat(back).containsExactly(ramp());
    ok(cuMemFree(x));
  }

  @Test
  void partOfAnAllocationIsAddressedByOffset() {
    CUdeviceptr x = allocate(BYTES);
    ok(cuMemcpyHtoD(x, Pointer.to(ramp()), BYTES));
    ok(cuMemcpyHtoD(x.withByteOffset(12), Pointer.to(new float[] {5, 6, 7}).withByteOffset(4), 8));
    float[] back = new float[6];
    ok(cuMemcpyDtoH(Pointer.to(back), x, 24));
    assertThat(back).containsExactly(-7, -6.5f, -6, 6, 7, -4.5f);
    ok(cuMemFree(x));
  }

  @Test
  void directBuffersAndPinnedMemoryComeBackThroughAStream() {
    CUdeviceptr x = allocate(BYTES);
    FloatBuffer direct =
        ByteBuffer.allocateDirect((int) BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
    direct.put(0, ramp());
    ok(cuMemcpyHtoDAsync(x, Pointer.to(direct), BYTES, null));
    Pointer pinned = new Pointer();
    ok(cuMemAllocHost(pinned, BYTES));
    ok(cuMemcpyDtoHAsync(pinned, x, BYTES, null));
    FloatBuffer view =
        pinned.getByteBuffer(0, BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
    float[] back = new float[N];
    view.get(0, back);
    assertThat(back).containsExactly(ramp());
    ok(cuMemFreeHost(pinned));
    fails(cuMemFreeHost(pinned), CudaResult.INVALID_VALUE);
    ok(cuMemFree(x));
  }

  @Test
  void deviceCopiesAndUnifiedCopies() {
    CUdeviceptr x = allocate(BYTES);
    CUdeviceptr y = allocate(BYTES);
    CUdeviceptr z = allocate(BYTES);
    ok(cuMemcpyHtoD(x, Pointer.to(ramp()), BYTES));
    ok(cuMemcpyDtoD(y, x, BYTES));
    ok(cuMemcpy(z, y, BYTES));
    ok(cuMemcpyPeer(x, context, z, context, BYTES));
    ok(cuMemcpyDtoDAsync(y, x, BYTES, null));
    ok(cuMemcpyAsync(z, y, BYTES, null));
    ok(cuMemcpyPeerAsync(x, context, z, context, BYTES, null));
    float[] back = new float[N];
    ok(cuMemcpyDtoH(Pointer.to(back), x, BYTES));
    assertThat(back).containsExactly(ramp());
  }

  @Test
  void memsetsFillTheirElements() {
    CUdeviceptr x = allocate(64);
    ok(cuMemsetD32(x, 0x01020304, 16));
    ok(cuMemsetD8(x.withByteOffset(1), (byte) 0xaa, 2));
    ok(cuMemsetD16(x.withByteOffset(8), (short) 0xbeef, 3));
    ok(cuMemsetD2D8(x.withByteOffset(16), 8, (byte) 1, 4, 2));
    ok(cuMemsetD2D16(x.withByteOffset(32), 8, (short) 2, 2, 2));
    ok(cuMemsetD2D32(x.withByteOffset(48), 8, 3, 1, 2));
    assertThat(TestKernels.ints(x, 16))
        .containsExactly(
            0x01aaaa04,
            0x01020304,
            0xbeefbeef,
            0x0102beef,
            0x01010101,
            0x01020304,
            0x01010101,
            0x01020304,
            0x00020002,
            0x01020304,
            0x00020002,
            0x01020304,
            3,
            0x01020304,
            3,
            0x01020304);
    ok(cuMemsetD8Async(x, (byte) 9, 4, null));
    ok(cuMemsetD16Async(x.withByteOffset(4), (short) 9, 2, null));
    ok(cuMemsetD32Async(x.withByteOffset(8), 9, 1, null));
    ok(cuMemsetD2D8Async(x.withByteOffset(16), 8, (byte) 7, 4, 1, null));
    ok(cuMemsetD2D16Async(x.withByteOffset(32), 8, (short) 7, 2, 1, null));
    ok(cuMemsetD2D32Async(x.withByteOffset(48), 8, 7, 1, 1, null));
    int[] after = TestKernels.ints(x, 16);
    assertThat(new int[] {after[0], after[1], after[2], after[4], after[8], after[12]})
        .containsExactly(0x09090909, 0x00090009, 9, 0x07070707, 0x00070007, 7);
    assertThat(cuMemsetD32(x.withByteOffset(2), 0, 1))
        .as("misaligned")
        .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
  }

  @Test
  void pitchedRowsKeepTheirPadding() {
    int width = 12;
    long height = 5;
    CUdeviceptr x = new CUdeviceptr();
    long[] pitch = {0};
    ok(cuMemAllocPitch(x, pitch, width, height, 4));
    assertThat(pitch[0]).isEqualTo(512);
    byte[] rows = new byte[(width + 3) * (int) height];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (byte) i;
    }
    for (ToIntFunction<CUDA_MEMCPY2D> copy : copies2D()) {
      ok(cuMemsetD8(x, (byte) 0, pitch[0] * height));
      CUDA_MEMCPY2D in = new CUDA_MEMCPY2D();
      in.srcMemoryType = CUmemorytype.CU_MEMORYTYPE_HOST;
      in.srcHost = Pointer.to(rows);
      in.srcPitch = width + 3L;
      in.srcXInBytes = 2;
      in.srcY = 1;
      in.dstMemoryType = CUmemorytype.CU_MEMORYTYPE_DEVICE;
      in.dstDevice = x;
      in.dstPitch = pitch[0];
      in.dstXInBytes = 1;
      in.dstY = 2;
      in.WidthInBytes = 7;
      in.Height = 3;
      ok(copy.applyAsInt(in));
      byte[] back = new byte[(int) (pitch[0] * height)];
      ok(cuMemcpyDtoH(Pointer.to(back), x, back.length));
      byte[] wanted = new byte[back.length];
      for (int y = 0; y < 3; y++) {
        for (int i = 0; i < 7; i++) {
          wanted[(y + 2) * 512 + 1 + i] = rows[(y + 1) * (width + 3) + 2 + i];
        }
      }
      assertThat(back).containsExactly(wanted);
    }
  }

  private static List<ToIntFunction<CUDA_MEMCPY2D>> copies2D() {
    return List.of(
        copy -> cuMemcpy2D(copy),
        copy -> cuMemcpy2DUnaligned(copy),
        copy -> cuMemcpy2DAsync(copy, null));
  }

  @Test
  void slicesAreCopiedIn3D() {
    CUdeviceptr x = allocate(24);
    byte[] rows = new byte[24];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (byte) (i + 1);
    }
    ok(cuMemsetD8(x, (byte) 0, rows.length));
    CUDA_MEMCPY3D in = new CUDA_MEMCPY3D();
    in.srcMemoryType = CUmemorytype.CU_MEMORYTYPE_HOST;
    in.srcHost = Pointer.to(rows);
    in.srcPitch = 4;
    in.srcHeight = 3;
    in.srcY = 1;
    in.dstMemoryType = CUmemorytype.CU_MEMORYTYPE_UNIFIED;
    in.dstDevice = x;
    in.dstPitch = 4;
    in.dstHeight = 3;
    in.dstXInBytes = 1;
    in.WidthInBytes = 3;
    in.Height = 2;
    in.Depth = 2;
    ok(cuMemcpy3D(in));
    byte[] back = new byte[rows.length];
    ok(cuMemcpyDtoH(Pointer.to(back), x, back.length));
    assertThat(back)
        .containsExactly(
            0, 5, 6, 7, 0, 9, 10, 11, 0, 0, 0, 0, 0, 17, 18, 19, 0, 21, 22, 23, 0, 0, 0, 0);
    in.srcMemoryType = CUmemorytype.CU_MEMORYTYPE_ARRAY;
    fails(cuMemcpy3DAsync(in, null), CudaResult.INVALID_HANDLE);
  }

  @Test
  void memoryIsCounted() {
    long[] free = {0};
    long[] total = {0};
    ok(cuMemGetInfo(free, total));
    CUdeviceptr x = allocate(1000);
    long[] less = {0};
    ok(cuMemGetInfo(less, total));
    assertThat(free[0] - less[0]).isEqualTo(1000);
    CUdeviceptr base = new CUdeviceptr();
    long[] size = {0};
    ok(cuMemGetAddressRange(base, size, x.withByteOffset(999)));
    assertThat(base).isEqualTo(x);
    assertThat(size[0]).isEqualTo(1000);
    fails(cuMemGetAddressRange(base, size, x.withByteOffset(1000)), CudaResult.NOT_FOUND);
    ok(cuMemFree(x));
    ok(cuMemGetInfo(less, total));
    assertThat(less[0]).isEqualTo(free[0]);
  }

  @Test
  void tooMuchAndTooLittleAreRefused() {
    CUdeviceptr x = new CUdeviceptr();
    fails(cuMemAlloc(x, 1L << 50), CudaResult.OUT_OF_MEMORY);
    fails(cuMemAlloc(x, 0), CudaResult.INVALID_VALUE);
    ok(cuMemFree(new CUdeviceptr()));
  }

  @Test
  void pinnedMemoryKeepsFlagsAndRegistersOnce() {
    Pointer pinned = new Pointer();
    ok(cuMemHostAlloc(pinned, 100, 1));
    int[] flags = {-1};
    ok(cuMemHostGetFlags(flags, pinned));
    assertThat(flags[0]).isEqualTo(1);
    fails(cuMemHostUnregister(pinned), CudaResult.HOST_MEMORY_NOT_REGISTERED);
    ok(cuMemFreeHost(pinned));
    Pointer mine = Pointer.to(ByteBuffer.allocateDirect(64));
    ok(cuMemHostRegister(mine, 64, 0));
    fails(cuMemHostRegister(mine, 8, 0), CudaResult.HOST_MEMORY_ALREADY_REGISTERED);
    ok(cuMemHostUnregister(mine));
    fails(cuMemHostUnregister(mine), CudaResult.HOST_MEMORY_NOT_REGISTERED);
  }

  @Test
  void pointersSayWhatTheyAre() {
    CUdeviceptr x = allocate(128);
    int[] type = {0};
    int attribute = CUpointer_attribute.CU_POINTER_ATTRIBUTE_MEMORY_TYPE;
    ok(cuPointerGetAttribute(Pointer.to(type), attribute, x.withByteOffset(5)));
    assertThat(type[0]).isEqualTo(CUmemorytype.CU_MEMORYTYPE_DEVICE);
    long[] size = {0};
    ok(
        cuPointerGetAttribute(
            Pointer.to(size), CUpointer_attribute.CU_POINTER_ATTRIBUTE_RANGE_SIZE, x));
    assertThat(size[0]).isEqualTo(128);
    ok(cuMemFree(x));
    fails(cuPointerGetAttribute(Pointer.to(type), attribute, x), CudaResult.INVALID_VALUE);
  }

  @Test
  void copiesOutsideAllocationsAreFindingsWithNames() {
    software.nameNext("weights");
    CUdeviceptr x = allocate(16);
    fails(cuMemcpyHtoD(x, Pointer.to(new int[5]), 20), CudaResult.INVALID_VALUE);
    assertThat(software.findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.what()).isEqualTo(DriverFinding.What.HOST_ACCESS);
              assertThat(finding.call()).isEqualTo("cuMemcpyHtoD_v2");
              assertThat(finding.report()).contains("20 bytes").contains("\"weights\"");
            });
    software.clearFindings();
    fails(cuMemcpyDtoH(x, x, 16), CudaResult.INVALID_VALUE);
    assertThat(software.findings().getFirst().report()).contains("wanted a host pointer");
    ok(cuMemFree(x));
    assertThat(cuMemFree(x)).as("freed twice").isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
  }

  @Test
  void leaksAreReportedWhereTheContextEnds() {
    allocate(24);
    software.nameNext("named");
    allocate(48);
    ok(cuMemFree(allocate(8)));
    software.nameNext("moments");
    allocate(8);
    ok(cuCtxDestroy(context));
    assertThat(software.findings())
        .hasSize(3)
        .allSatisfy(finding -> assertThat(finding.what()).isEqualTo(DriverFinding.What.LEAK));
    assertThat(software.findings().get(0).report())
        .contains("24 bytes")
        .contains("at MemoryCallsTest.java:");
    assertThat(software.findings().get(1).report()).contains("48 bytes \"named\"");
    assertThat(software.findings().get(2).report()).contains("\"moments\"");
    assertThat(software.device().memory().usedBytes()).isZero();
  }
}
