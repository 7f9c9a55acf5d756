package dev.hindsight.spark;

import dev.hindsight.backend.Backends;
import java.util.Map;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;
import org.jspecify.annotations.Nullable;

/// Gives executors a GPU: whoever opens `cuda` there has the software GPU as his driver.
public final class SoftwareGpuPlugin implements SparkPlugin {
  @Override
  public @Nullable DriverPlugin driverPlugin() {
    return null;
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      @Override
      public void init(PluginContext context, Map<String, String> settings) {
        Backends.openSoftwareGpu().close();
      }
    };
  }
}
