package dev.hindsight.spark;

import dev.hindsight.data.Dataset;
import dev.hindsight.data.Labels;
import dev.hindsight.image.ImageShape;
import java.io.Serializable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.jspecify.annotations.Nullable;

/// A data set on its way: the driver has read it and sends it once, so no executor needs the files.
record Images(
    String name, ImageShape shape, Broadcast<byte[]> bytes, @Nullable Broadcast<Labels> labels)
    implements Serializable {
  private static final long serialVersionUID = 1;

  static Images send(JavaSparkContext spark, Dataset data) {
    Labels labels = data.labels();
    return new Images(
        data.name(),
        data.shape(),
        spark.broadcast(data.bytes()),
        labels == null ? null : spark.broadcast(labels));
  }

  /// Nobody needs it any more.
  void destroy() {
    bytes.destroy();
    if (labels != null) {
      labels.destroy();
    }
  }

  /// On an executor; the bytes are shared by all of its tasks.
  Dataset dataset() {
    return new Dataset(name, shape, bytes.value(), labels == null ? null : labels.value());
  }
}
