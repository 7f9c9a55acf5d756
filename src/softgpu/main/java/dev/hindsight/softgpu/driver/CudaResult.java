package dev.hindsight.softgpu.driver;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a call answers: `CUresult` with its number and words. Some are the runtime library's alone.
public enum CudaResult {
  SUCCESS(0, "no error"),
  INVALID_VALUE(1, "invalid argument"),
  OUT_OF_MEMORY(2, "out of memory"),
  NOT_INITIALIZED(3, "cuInit was not called"),
  DEINITIALIZED(4, "driver is shutting down"),
  INVALID_CONFIGURATION(9, "invalid configuration argument"),
  INVALID_SYMBOL(13, "invalid device symbol"),
  INVALID_CHANNEL_DESCRIPTOR(20, "invalid channel descriptor"),
  INVALID_MEMCPY_DIRECTION(21, "invalid copy direction for memcpy"),
  INVALID_DEVICE_FUNCTION(98, "invalid device function"),
  NO_DEVICE(100, "no CUDA-capable device is detected"),
  INVALID_DEVICE(101, "invalid device ordinal"),
  INVALID_IMAGE(200, "device kernel image is invalid"),
  INVALID_CONTEXT(201, "invalid device context"),
  NO_BINARY_FOR_GPU(209, "no kernel image is available for execution on the device"),
  UNSUPPORTED_LIMIT(215, "limit is not supported on this device"),
  PEER_ACCESS_UNSUPPORTED(217, "peer access is not supported between these two devices"),
  INVALID_PTX(218, "a PTX JIT compilation failed"),
  FILE_NOT_FOUND(301, "file not found"),
  OPERATING_SYSTEM(304, "OS call failed or operation not supported on this OS"),
  INVALID_HANDLE(400, "invalid resource handle"),
  ILLEGAL_STATE(401, "the operation cannot be performed in the present state"),
  NOT_FOUND(500, "named symbol not found"),
  NOT_READY(600, "device not ready"),
  ILLEGAL_ADDRESS(700, "an illegal memory access was encountered"),
  LAUNCH_OUT_OF_RESOURCES(701, "too many resources requested for launch"),
  LAUNCH_TIMEOUT(702, "the launch timed out and was terminated"),
  PRIMARY_CONTEXT_ACTIVE(708, "cannot set while device is active in this process"),
  CONTEXT_IS_DESTROYED(709, "context is destroyed"),
  ASSERT(710, "device-side assert triggered"),
  HOST_MEMORY_ALREADY_REGISTERED(712, "part or all of the memory range is already registered"),
  HOST_MEMORY_NOT_REGISTERED(713, "pointer does not correspond to a registered memory region"),
  ILLEGAL_INSTRUCTION(715, "an illegal instruction was encountered"),
  MISALIGNED_ADDRESS(716, "misaligned address"),
  LAUNCH_FAILED(719, "unspecified launch failure"),
  COOPERATIVE_LAUNCH_TOO_LARGE(720, "too many blocks in cooperative launch"),
  NOT_PERMITTED(800, "operation not permitted"),
  NOT_SUPPORTED(801, "operation not supported"),
  STREAM_CAPTURE_UNSUPPORTED(900, "operation not permitted when stream is capturing"),
  STREAM_CAPTURE_INVALIDATED(901, "operation failed due to a previous error during capture"),
  STREAM_CAPTURE_MERGE(902, "operation would result in a merge of separate capture sequences"),
  STREAM_CAPTURE_UNMATCHED(903, "capture was not ended in the same stream as it began"),
  STREAM_CAPTURE_UNJOINED(904, "capturing stream has unjoined work"),
  STREAM_CAPTURE_ISOLATION(905, "dependency created on uncaptured work in another stream"),
  STREAM_CAPTURE_IMPLICIT(906, "operation would make the legacy stream depend on a capture"),
  CAPTURED_EVENT(907, "operation not permitted on an event last recorded in a capturing stream"),
  STREAM_CAPTURE_WRONG_THREAD(908, "capture began in another thread"),
  GRAPH_EXEC_UPDATE_FAILURE(910, "the graph update was not performed"),
  INVALID_CLUSTER_SIZE(912, "a kernel launch error has occurred due to cluster misconfiguration"),
  UNKNOWN(999, "unknown error");

  private static final Map<Integer, CudaResult> BY_CODE =
      Arrays.stream(values()).collect(Collectors.toMap(r -> r.code, Function.identity()));

  private final int code;
  private final String words;

  CudaResult(int code, String words) {
    this.code = code;
    this.words = words;
  }

  /// The number that a C program sees.
  public int code() {
    return code;
  }

  /// What `cuGetErrorString` answers.
  public String words() {
    return words;
  }

  /// What `cuGetErrorName` answers: `CUDA_ERROR_INVALID_VALUE`.
  public String cudaName() {
    return this == SUCCESS ? "CUDA_SUCCESS" : "CUDA_ERROR_" + name().toUpperCase(Locale.ROOT);
  }

  /// The result with this number, or null.
  public static @Nullable CudaResult of(int code) {
    return BY_CODE.get(code);
  }
}
