package dev.hindsight.softgpu.driver;

import static dev.hindsight.softgpu.driver.DriverException.require;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.device.Kernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/// Attributes of functions, and the settings that launches of CUDA 3 take from them.
final class FunctionCalls extends Calls {
  private static final int MAX_DYNAMIC_SHARED = 8;
  private static final int CARVEOUT = 9;
  private static final int CLUSTER_WIDTH = 11;
  private static final int CLUSTER_HEIGHT = 12;
  private static final int CLUSTER_DEPTH = 13;
  private static final int NON_PORTABLE = 14;
  private static final int CLUSTER_POLICY = 15;
  private static final int BINARY_VERSION = 10 * DeviceProperties.MAJOR + DeviceProperties.MINOR;

  private final Map<String, MemorySegment> names = new HashMap<>();

  FunctionCalls(Driver driver) {
    super(driver);
  }

  void cuFuncGetAttribute(long value, int attribute, long function) {
    CudaFunction of = function(function);
    Kernel kernel = of.kernel;
    Host.putInt(
        value,
        switch (attribute) {
          case 0 -> kernel.maxThreads();
          case 1 -> kernel.sharedBytes();
          case 2 -> 0; // constant memory of the kernel itself
          case 3 -> kernel.localBytes();
          case 4 -> kernel.registers();
          case 5 -> of.module.ptxVersion();
          case 6 -> BINARY_VERSION;
          case 7 -> 0; // no -dlcm=ca
          case MAX_DYNAMIC_SHARED -> of.maxDynamicShared;
          case CARVEOUT -> of.carveout;
          case 10 -> of.clusters().explicit() ? 1 : 0;
          case CLUSTER_WIDTH -> required(of).x();
          case CLUSTER_HEIGHT -> required(of).y();
          case CLUSTER_DEPTH -> required(of).z();
          case NON_PORTABLE -> of.nonPortable ? 1 : 0;
          case CLUSTER_POLICY -> of.clusterPolicy;
          default ->
              throw new DriverException(
                  CudaResult.INVALID_VALUE, "wanted a function attribute 0..15, got " + attribute);
        });
  }

  private static Dim3 required(CudaFunction of) {
    Dim3 required = of.clusters().required();
    return required == null ? new Dim3(0, 0, 0) : required;
  }

  void cuFuncSetAttribute(long function, int attribute, int value) {
    CudaFunction of = function(function);
    switch (attribute) {
      case MAX_DYNAMIC_SHARED -> of.setMaxDynamicShared(value);
      case CARVEOUT -> of.setCarveout(value);
      case CLUSTER_WIDTH, CLUSTER_HEIGHT, CLUSTER_DEPTH ->
          of.setCluster(attribute - CLUSTER_WIDTH, value);
      case NON_PORTABLE -> {
        require(value == 0 || value == 1, "wanted 0 or 1, got %d", value);
        of.nonPortable = value == 1;
      }
      case CLUSTER_POLICY -> {
        require(value >= 0 && value <= 2, "wanted a cluster policy 0..2, got %d", value);
        of.clusterPolicy = value; // a hint
      }
      default ->
          throw new DriverException(
              CudaResult.INVALID_VALUE,
              "wanted a function attribute 8, 9 or 11..15, got " + attribute);
    }
  }

  /// A hint, which changes nothing here.
  void cuFuncSetCacheConfig(long function, int config) {
    function(function);
    require(config >= 0 && config <= 3, "wanted a cache preference 0..3, got %d", config);
  }

  void cuFuncSetSharedMemConfig(long function, int config) {
    function(function);
    require(config >= 0 && config <= 2, "wanted a bank size 0..2, got %d", config);
  }

  void cuFuncGetName(long name, long function) {
    String of = function(function).kernel.name();
    Host.putLong(name, names.computeIfAbsent(of, Arena.global()::allocateFrom).address());
  }

  void cuFuncGetModule(long module, long function) {
    Host.putLong(module, function(function).moduleHandle);
  }

  void cuFuncSetBlockShape(long function, int x, int y, int z) {
    function(function).block = new Dim3(x, y, z);
  }

  void cuFuncSetSharedSize(long function, int bytes) {
    function(function).shared = bytes;
  }

  void cuParamSetSize(long function, int bytes) {
    CudaFunction of = function(function);
    int most = of.parameters.length;
    require(bytes <= most, "%s: wanted %d bytes of parameters, it takes %d", of, bytes, most);
  }

  void cuParamSeti(long function, int offset, int value) {
    parameter(function, offset, 4).set(ValueLayout.JAVA_INT_UNALIGNED, 0, value);
  }

  void cuParamSetf(long function, int offset, float value) {
    parameter(function, offset, 4).set(ValueLayout.JAVA_FLOAT_UNALIGNED, 0, value);
  }

  void cuParamSetv(long function, int offset, long value, int bytes) {
    parameter(function, offset, bytes).copyFrom(Host.at(value, bytes));
  }

  private MemorySegment parameter(long function, int offset, int bytes) {
    CudaFunction of = function(function);
    byte[] block = of.parameters;
    require(
        offset >= 0 && bytes >= 0 && offset <= block.length - bytes,
        "%s: %d bytes at offset %d do not fit its %d bytes of parameters",
        of,
        bytes,
        offset,
        block.length);
    return MemorySegment.ofArray(block).asSlice(offset, bytes);
  }
}
