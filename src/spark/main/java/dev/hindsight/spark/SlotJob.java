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

/// A question to every slot of a cluster. The tasks of a barrier job all run at once, so no slot is
/// asked twice in place of another.
final class SlotJob<T> extends AbstractFunction1<Iterator<Integer>, Iterator<T>>
    implements Serializable {
  private static final long serialVersionUID = 1;

  private final Question<T> question;

  /// What a slot is asked.
  @FunctionalInterface
  interface Question<T> extends Serializable {
    T answer();
  }

  private SlotJob(Question<T> question) {
    this.question = question;
  }

  /// Asks.
  ///
  /// @param slots how many there are
  /// @param type of an answer
  static <T> List<T> ask(JavaSparkContext spark, int slots, Class<T> type, Question<T> question)
      throws SparkException {
    return spark
        .parallelize(Collections.nCopies(slots, 0), slots)
        .rdd()
        .barrier()
        .mapPartitions(new SlotJob<>(question), false, ClassTag$.MODULE$.<T>apply(type))
        .toJavaRDD()
        .collect();
  }

  @Override
  public Iterator<T> apply(Iterator<Integer> nothing) {
    return CollectionConverters.asScala(List.of(question.answer()).iterator());
  }
}
