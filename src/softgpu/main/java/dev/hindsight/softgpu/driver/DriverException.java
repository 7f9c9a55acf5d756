package dev.hindsight.softgpu.driver;

/// A driver call that fails: its result for the program, its reason for the reader. An empty reason
/// means that the result says all and nothing is printed.
final class DriverException extends RuntimeException {
  private static final long serialVersionUID = 1;
  final CudaResult result;

  DriverException(CudaResult result, String reason) {
    super(reason, null, false, false);
    this.result = result;
  }

  DriverException(CudaResult result) {
    this(result, "");
  }

  String reason() {
    String reason = getMessage();
    return reason == null ? "" : reason;
  }

  /// INVALID_VALUE with a reason unless `holds`.
  @SuppressWarnings("AnnotateFormatMethod")
  static void require(boolean holds, String reason, Object... arguments) {
    if (!holds) {
      throw new DriverException(CudaResult.INVALID_VALUE, String.format(reason, arguments));
    }
  }
}
