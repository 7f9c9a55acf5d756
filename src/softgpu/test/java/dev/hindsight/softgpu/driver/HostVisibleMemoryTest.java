package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.softgpu.base.DeviceMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import jcuda.Pointer;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmemoryPool;
import jcuda.driver.CUmemorytype;
import jcuda.driver.CUpointer_attribute;
import jcuda.driver.CUstream;
import org.junit.jupiter.api.Test;

/// Memory that host and device see at one address, and memory by a stream's order.
class HostVisibleMemoryTest extends DriverTest {
  private static final int N = 67;
  private static final int MAPPED = 2;
  private static final int GLOBAL = 1;

  private final CUdevice device = new CUdevice();

  private static int add(CUdeviceptr x, CUdeviceptr z, int threads) {
    CUfunction add = TestKernels.load().function("add");
    Pointer parameters =
        Pointer.to(Pointer.to(x), Pointer.to(x), Pointer.to(z), Pointer.to(new int[] {threads}));
    return TestKernels.launch(add, 2, 64, 0, parameters);
  }

  private static FloatBuffer floats(Pointer at) {
    return at.getByteBuffer(0, 4 * N).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  private static CUdeviceptr seen(Pointer host) {
    CUdeviceptr made = new CUdeviceptr();
    ok(cuMemHostGetDevicePointer(made, host, 0));
    return made;
  }

  @Test
  void aKernelSeesMappedAndRegisteredMemory() {
    Pointer x = new Pointer();
    ok(cuMemHostAlloc(x, 4 * N, MAPPED));
    ByteBuffer mine = ByteBuffer.allocateDirect(4 * N).order(ByteOrder.nativeOrder());
    Pointer z = Pointer.to(mine);
    ok(cuMemHostRegister(z, 4 * N, MAPPED));
    for (int i = 0; i < N; i++) {
      floats(x).put(i, i - 3.5f);
    }
    ok(add(seen(x), seen(z), N));
    for (int i = 0; i < N; i++) {
      assertThat(mine.getFloat(4 * i)).isEqualTo(2 * (i - 3.5f));
    }
    int[] type = {0};
    int asked = CUpointer_attribute.CU_POINTER_ATTRIBUTE_MEMORY_TYPE;
    ok(cuPointerGetAttribute(Pointer.to(type), asked, seen(x)));
    assertThat(type[0]).isEqualTo(CUmemorytype.CU_MEMORYTYPE_HOST);
    fails(add(seen(x), seen(z), N + 1), CudaResult.ILLEGAL_ADDRESS);
    assertThat(software.findings().getFirst().report())
        .contains("0 bytes after the end")
        .containsPattern("268 bytes \"cuMemHostAlloc \\d+ at HostVisibleMemoryTest.java");
    software.clearFindings();
  }

  /// As those of two contexts that were opened in turn, and the first of which left some behind.
  @Test
  void twoDevicesHaveAddressesOfTheirOwn() {
    var one = new DeviceMemory(1 << 20);
    var other = new DeviceMemory(1 << 20);
    long first = one.allocateForHost(5, "first").base;
    assertThat(other.allocateForHost(5, "second").base).isNotEqualTo(first);
    assertThat(other.allocate(5, "third")).isEqualTo(one.allocate(5, "fourth"));
  }

  @Test
  void whatWasUnregisteredIsGone() {
    ByteBuffer mine = ByteBuffer.allocateDirect(4 * N);
    Pointer z = Pointer.to(mine);
    ok(cuMemHostRegister(z, 4 * N, MAPPED));
    CUdeviceptr was = seen(z);
    ok(cuMemHostUnregister(z));
    fails(cuMemHostGetDevicePointer(new CUdeviceptr(), z, 0), CudaResult.INVALID_VALUE);
    fails(add(was, was, 1), CudaResult.ILLEGAL_ADDRESS);
    assertThat(software.findings().getFirst().report()).contains("the freed allocation");
    software.clearFindings();
  }

  @Test
  void managedMemoryIsOneForBothAndCopiesTakeItForEither() {
    CUdeviceptr x = new CUdeviceptr();
    CUdeviceptr z = new CUdeviceptr();
    fails(cuMemAllocManaged(x, 4 * N, 3), CudaResult.INVALID_VALUE);
    fails(cuMemAllocManaged(x, 0, GLOBAL), CudaResult.INVALID_VALUE);
    ok(cuMemAllocManaged(x, 4 * N, GLOBAL));
    ok(cuMemAllocManaged(z, 4 * N, GLOBAL));
    float[] values = new float[N];
    for (int i = 0; i < N; i++) {
      values[i] = i * 1.5f;
    }
    ok(cuMemcpyHtoD(x, Pointer.to(values), 4 * N));
    ok(cuMemAdvise(x, 4 * N, 3, device));
    ok(cuMemPrefetchAsync(x, 4 * N, device, new CUstream()));
    fails(cuMemPrefetchAsync(x, 4 * N + 1, device, new CUstream()), CudaResult.INVALID_VALUE);
    ok(add(x, z, N));
    ok(cuMemcpyDtoH(Pointer.to(values), z, 4 * N));
    assertThat(values[N - 1]).isEqualTo(3f * (N - 1));
    ok(cuMemcpyDtoD(x, z, 4 * N));
    int[] managed = {0};
    ok(cuPointerGetAttribute(Pointer.to(managed), 8, z));
    assertThat(managed[0]).isEqualTo(1);
    ok(cuMemFree(x));
    software.end();
    assertThat(software.findings())
        .singleElement()
        .asString()
        .containsPattern("leaked 268 bytes \"cuMemAllocManaged \\d+ at HostVisible");
    software.clearFindings();
  }

  @Test
  void memoryOfAPoolComesAndGoesWithTheStream() {
    CUdeviceptr x = new CUdeviceptr();
    CUstream stream = new CUstream();
    ok(cuStreamCreate(stream, 0));
    ok(cuMemAllocAsync(x, 4 * N, stream));
    ok(cuMemsetD32(x, 0, N));
    ok(add(x, x, N));
    ok(cuMemFreeAsync(x, stream));
    fails(add(x, x, N), CudaResult.ILLEGAL_ADDRESS);
    software.clearFindings();
    fails(cuMemPoolTrimTo(new CUmemoryPool(), 0), CudaResult.ILLEGAL_ADDRESS);
  }
}
