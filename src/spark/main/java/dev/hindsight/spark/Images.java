package dev.hindsight.spark;

import dev.hindsight.data.Dataset;
import dev.hindsight.image.ImageShape;
import java.io.Serializable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/// A data set on its way: the driver has read it and sends it once, so no executor needs the files.
record Images(String name, int height, int width, Broadcast<byte[]> grey) implements Serializable {
  private static final long serialVersionUID = 1;

  static Images send(JavaSparkContext spark, Dataset data) {
    ImageShape shape = data.shape();
    return new Images(data.name(), shape.height(), shape.width(), spark.broadcast(data.pixels()));
  }

  /// On an executor; the pixels are shared by all of its tasks.
  Dataset dataset() {
    return new Dataset(name, new ImageShape(height, width), grey.value(), null);
  }
}
