package dev.hindsight.softgpu.driver;

import dev.hindsight.softgpu.device.Kernel;
import dev.hindsight.softgpu.device.PtxModule;
import dev.hindsight.softgpu.ptx.PtxException;
import java.util.HashMap;
import java.util.Map;

/// The log buffers among the JIT options of a load. Options that steer a compiler are accepted and
/// change nothing: there is no compiler.
final class JitLog {
  private static final int WALL_TIME = 2;
  private static final int INFO_BUFFER = 3;
  private static final int INFO_BYTES = 4;
  private static final int ERROR_BUFFER = 5;
  private static final int ERROR_BYTES = 6;
  private static final int HIGHEST_OPTION = 34;

  private final long begin = System.nanoTime();

  /// Address of each option's 8-byte value slot.
  private final Map<Integer, Long> slots = new HashMap<>();

  JitLog(int count, long options, long values) {
    for (int i = 0; i < count; i++) {
      int option = Host.getInt(options + 4L * i);
      DriverException.require(
          option >= 0 && option <= HIGHEST_OPTION, "%d is no JIT option", option);
      slots.put(option, values + 8L * i);
    }
  }

  /// Notes what was loaded.
  void info(PtxModule module) {
    StringBuilder text = new StringBuilder();
    for (Kernel kernel : module.kernels().values()) {
      text.append(
          !kernel.refusal().isEmpty()
              ? String.format("software GPU: %s cannot be launched: %s%n", kernel, kernel.refusal())
              : String.format(
                  "software GPU: %s: about %d registers, %d bytes shared, %d bytes local%n",
                  kernel, kernel.registers(), kernel.sharedBytes(), kernel.localBytes()));
    }
    write(text.toString(), INFO_BUFFER, INFO_BYTES);
    write("", ERROR_BUFFER, ERROR_BYTES);
    Long time = slots.get(WALL_TIME);
    if (time != null) {
      Host.putFloat(time, (System.nanoTime() - begin) / 1e6f);
    }
  }

  /// Notes why nothing was loaded, and says it to the caller.
  DriverException invalid(PtxException why) {
    String text = String.valueOf(why.getMessage());
    write("", INFO_BUFFER, INFO_BYTES);
    write(text, ERROR_BUFFER, ERROR_BYTES);
    return new DriverException(CudaResult.INVALID_PTX, text);
  }

  private void write(String text, int bufferOption, int bytesOption) {
    Long buffer = slots.get(bufferOption);
    Long bytes = slots.get(bytesOption);
    if (buffer == null || bytes == null) {
      return;
    }
    int room = Host.getInt(bytes);
    int written = room > 0 ? Host.putString(Host.getLong(buffer), room, text) - 1 : 0;
    Host.putLong(bytes, written);
  }
}
