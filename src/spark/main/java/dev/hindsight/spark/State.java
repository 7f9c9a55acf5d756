package dev.hindsight.spark;

import dev.hindsight.backend.Backend;
import dev.hindsight.nn.Parameters;
import java.io.Serializable;

/// What a training goes on from: weights and Adam's moments, flat.
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record State(float[] value, float[] firstMoment, float[] secondMoment) implements Serializable {
  private static final long serialVersionUID = 1;

  static State read(Backend backend, Parameters parameters) {
    var flat = parameters.flat();
    return new State(
        backend.readFloats(flat.value()),
        backend.readFloats(flat.firstMoment()),
        backend.readFloats(flat.secondMoment()));
  }

  void write(Backend backend, Parameters parameters) {
    var flat = parameters.flat();
    parameters.write(value);
    backend.write(flat.firstMoment(), firstMoment);
    backend.write(flat.secondMoment(), secondMoment);
  }
}
