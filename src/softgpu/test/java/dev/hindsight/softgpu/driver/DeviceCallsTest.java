package dev.hindsight.softgpu.driver;

import static jcuda.driver.JCudaDriver.cuDeviceComputeCapability;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuDeviceGetByPCIBusId;
import static jcuda.driver.JCudaDriver.cuDeviceGetCount;
import static jcuda.driver.JCudaDriver.cuDeviceGetName;
import static jcuda.driver.JCudaDriver.cuDeviceGetPCIBusId;
import static jcuda.driver.JCudaDriver.cuDeviceGetProperties;
import static jcuda.driver.JCudaDriver.cuDeviceGetUuid;
import static jcuda.driver.JCudaDriver.cuDeviceTotalMem;
import static jcuda.driver.JCudaDriver.cuDriverGetVersion;
import static jcuda.driver.JCudaDriver.cuGetErrorName;
import static jcuda.driver.JCudaDriver.cuGetErrorString;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdevprop;
import jcuda.driver.CUresult;
import jcuda.driver.CUuuid;
import jcuda.runtime.cudaError;
import org.junit.jupiter.api.Test;

@SuppressWarnings("deprecation") // programs still call the old questions
class DeviceCallsTest extends DriverTest {
  private final CUdevice device = new CUdevice();

  @Test
  void thereIsOneDevice() {
    int[] count = {-1};
    ok(cuDeviceGetCount(count));
    assertThat(count[0]).isEqualTo(1);
    ok(cuDeviceGet(device, 0));
    fails(cuDeviceGet(device, 1), CudaResult.INVALID_DEVICE);
    fails(cuDeviceGet(device, -1), CudaResult.INVALID_DEVICE);
  }

  @Test
  void deviceHasNameAndIdentity() {
    byte[] name = new byte[64];
    ok(cuDeviceGetName(name, name.length, device));
    assertThat(text(name)).isEqualTo("Hindsight software GPU");
    byte[] short8 = new byte[8];
    ok(cuDeviceGetName(short8, 8, device));
    assertThat(text(short8)).isEqualTo("Hindsig");
    CUuuid uuid = new CUuuid();
    ok(cuDeviceGetUuid(uuid, device));
    assertThat(uuid.toString()).contains("68");
    String[] bus = new String[1];
    ok(cuDeviceGetPCIBusId(bus, 32, device));
    CUdevice found = new CUdevice();
    ok(cuDeviceGetByPCIBusId(found, bus[0]));
    assertThat(found).isEqualTo(device);
    fails(cuDeviceGetByPCIBusId(found, "0000:07:00.0"), CudaResult.INVALID_DEVICE);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8).split("\0", 2)[0];
  }

  @Test
  void capabilityAgreesInAllItsPlaces() {
    int[] major = {0};
    int[] minor = {0};
    ok(cuDeviceComputeCapability(major, minor, device));
    assertThat(major[0]).isEqualTo(9);
    assertThat(minor[0]).isZero();
    assertThat(attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR))
        .isEqualTo(9);
    CUdevprop properties = new CUdevprop();
    ok(cuDeviceGetProperties(properties, device));
    assertThat(properties.SIMDWidth)
        .isEqualTo(attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_WARP_SIZE))
        .isEqualTo(32);
    assertThat(properties.maxThreadsDim).containsExactly(1024, 1024, 64);
    assertThat(properties.maxGridSize).containsExactly(Integer.MAX_VALUE, 65535, 65535);
    assertThat(properties.sharedMemPerBlock)
        .isEqualTo(attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK));
    assertThat(properties.regsPerBlock).isEqualTo(65536);
    assertThat(properties.clockRate)
        .isEqualTo(attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_CLOCK_RATE));
  }

  @Test
  void unknownAttributesAreRefusedAndMissingFeaturesAreZero() {
    int[] value = {-1};
    fails(cuDeviceGetAttribute(value, 4711, device), CudaResult.INVALID_VALUE);
    assertThat(attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_ECC_ENABLED)).isZero();
    assertThat(attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS)).isZero();
    assertThat(attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY)).isEqualTo(1);
    assertThat(attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH)).isEqualTo(1);
  }

  private int attribute(int number) {
    int[] value = {-1};
    ok(cuDeviceGetAttribute(value, number, device));
    return value[0];
  }

  @Test
  void versionAndMemoryAreTold() {
    int[] version = {0};
    ok(cuDriverGetVersion(version));
    assertThat(version[0]).isEqualTo(13000);
    long[] bytes = {0};
    ok(cuDeviceTotalMem(bytes, device));
    assertThat(bytes[0]).isEqualTo(software.device().memory().capacity());
  }

  @Test
  void errorsHaveNamesAndWords() {
    String[] text = new String[1];
    ok(cuGetErrorName(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, text));
    assertThat(text[0]).isEqualTo("CUDA_ERROR_ILLEGAL_ADDRESS");
    ok(cuGetErrorName(0, text));
    assertThat(text[0]).isEqualTo("CUDA_SUCCESS");
    ok(cuGetErrorString(CUresult.CUDA_ERROR_OUT_OF_MEMORY, text));
    assertThat(text[0]).isEqualTo("out of memory");
    fails(cuGetErrorName(12345, text), CudaResult.INVALID_VALUE);
  }

  /// Each result's number and name are the ones that JCuda was generated with.
  @Test
  void everyResultIsNamedAsInJCuda() {
    for (CudaResult result : CudaResult.values()) {
      String name = CUresult.stringFor(result.code());
      if (name.startsWith("INVALID CUresult")) { // the runtime library's alone
        String words = result.cudaName().replace("_", "");
        assertThat(cudaError.stringFor(result.code())).isEqualToIgnoringCase(words);
      } else {
        assertThat(name).isEqualTo(result.cudaName());
      }
    }
  }
}
