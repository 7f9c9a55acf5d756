package dev.hindsight.spark;

import dev.hindsight.data.Dataset;
import dev.hindsight.image.ImageShape;
import java.io.Serializable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/// A data set on its way: the driver has read it and sends it once, so no executor needs the files.
record Images(String name, ImageShape shape, Broadcast<byte[]> bytes) implements Serializable {
  private static final long serialVersionUID = 1;

  static Images send(JavaSparkContext spark, Dataset data) {
    return new Images(data.name(), data.shape(), spark.broadcast(data.bytes()));
  }

  /// On an executor; the bytes are shared by all of its tasks.
  Dataset dataset() {
    return new Dataset(name, shape, bytes.value(), null);
  }
}
