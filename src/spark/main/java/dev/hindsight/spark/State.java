package dev.hindsight.spark;

import dev.hindsight.backend.Backend;
import dev.hindsight.nn.Parameters;
import dev.hindsight.train.WeightAverage;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/// What a training goes on from: weights, Adam's moments and the average of the weights, flat.
///
/// @param average empty where there is none
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record State(float[] value, float[] firstMoment, float[] secondMoment, float[] average)
    implements Serializable {
  /// Of workers other than the first.
  static final State NONE = new State(new float[0], new float[0], new float[0], new float[0]);

  static State read(Backend backend, Parameters parameters, @Nullable WeightAverage average) {
    var flat = parameters.flat();
    return new State(
        backend.readFloats(flat.value()),
        backend.readFloats(flat.firstMoment()),
        backend.readFloats(flat.secondMoment()),
        average == null ? new float[0] : backend.readFloats(average.value()));
  }

  void write(Backend backend, Parameters parameters, @Nullable WeightAverage of) {
    var flat = parameters.flat();
    parameters.write(value);
    backend.write(flat.firstMoment(), firstMoment);
    backend.write(flat.secondMoment(), secondMoment);
    if (of != null) {
      backend.write(of.value(), average);
    }
  }
}
