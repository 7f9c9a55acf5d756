package dev.hindsight.spark;

import java.io.Serializable;
import java.util.Collections;
import java.util.List;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/// A task for every slot of a cluster. The tasks of a barrier job run at the same time, so each
/// slot runs one.
final class SlotJob<T> extends AbstractFunction1<Iterator<Integer>, Iterator<T>>
    implements Serializable {
  private static final long serialVersionUID = 1;

  private final Task<T> task;

  /// What a slot runs.
  @FunctionalInterface
  interface Task<T> extends Serializable {
    T run();
  }

  private SlotJob(Task<T> task) {
    this.task = task;
  }

  /// Runs the task and returns the results.
  ///
  /// @param slots how many there are
  /// @param type of a result
  static <T> List<T> run(JavaSparkContext spark, int slots, Class<T> type, Task<T> task)
      throws SparkException {
    return spark
        .parallelize(Collections.nCopies(slots, 0), slots)
        .rdd()
        .barrier()
        .mapPartitions(new SlotJob<>(task), false, ClassTag$.MODULE$.<T>apply(type))
        .toJavaRDD()
        .collect();
  }

  @Override
  public Iterator<T> apply(Iterator<Integer> nothing) {
    return CollectionConverters.asScala(List.of(task.run()).iterator());
  }
}
