package dev.hindsight.spark;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.backend.Backends;
import dev.hindsight.backend.Precision;
import dev.hindsight.error.UserException;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.jspecify.annotations.Nullable;

/// The GPU that Spark gives to a task where executors have some, see
/// `spark.task.resource.gpu.amount`: no two tasks have the same.
final class AssignedGpu {
  private static final String RESOURCE = "gpu";

  private AssignedGpu() {}

  /// Opens the backend of the task that calls: on its own GPU where it has one.
  ///
  /// @param name `auto` included
  /// @throws OpeningException when it cannot
  static Backend open(String name, Precision precision) {
    Integer number = number();
    try {
      String wanted = name.equals(Backends.AUTO) ? Backends.choose().name() : name;
      return number != null && wanted.equals(Backends.gpu().name())
          ? Backends.openGpu(number, precision)
          : Backends.open(wanted, precision);
    } catch (BackendException e) {
      throw new OpeningException(e.getMessage(), e);
    }
  }

  /// Of the task that calls; null where Spark gives it none.
  static @Nullable Integer number() {
    TaskContext task = TaskContext.get();
    ResourceInformation gpu = task == null ? null : task.resourcesJMap().get(RESOURCE);
    return gpu == null || gpu.addresses().length == 0 ? null : number(gpu.addresses()[0]);
  }

  static int number(String address) {
    try {
      return Integer.parseInt(address.strip());
    } catch (NumberFormatException e) {
      throw new UserException(
          "Spark gives a worker the GPU '%s'; wanted a number from 0: correct its discovery script"
              .formatted(address));
    }
  }
}
