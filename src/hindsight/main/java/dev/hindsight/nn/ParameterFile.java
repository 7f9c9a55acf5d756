package dev.hindsight.nn;

import dev.hindsight.error.NotFiniteException;
import dev.hindsight.format.FormatException;
import dev.hindsight.format.SafetensorsReader;
import dev.hindsight.format.SafetensorsWriter;

/// Parameters in safetensors, under PyTorch's names and in its shapes.
public final class ParameterFile {
  private ParameterFile() {}

  /// Adds all parameters to a file that is being written.
  ///
  /// @param prefix of their names
  /// @param flat their values, or others that lie as these do
  /// @throws NotFiniteException when one is no number: the file could not be read back
  public static void add(
      SafetensorsWriter file, String prefix, Parameters parameters, float[] flat) {
    for (Parameter p : parameters.all()) {
      float[] values = p.layout().toTorch(flat, parameters.offset(p));
      requireFinite(prefix + p.name(), values);
      file.addPart(prefix + p.name(), p.layout().torch(), values, 0);
    }
  }

  private static void requireFinite(String name, float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new NotFiniteException("%s is %s".formatted(name, value));
      }
    }
  }

  /// What [#add] wrote, flat.
  ///
  /// @throws FormatException when one is missing, has another shape or is no number
  public static float[] floats(SafetensorsReader file, String prefix, Parameters parameters) {
    float[] flat = new float[Math.toIntExact(parameters.flat().value().size())];
    for (Parameter p : parameters.all()) {
      float[] values = new float[Math.toIntExact(p.layout().torch().size())];
      file.finiteFloats(prefix + p.name(), p.layout().torch(), values, 0);
      p.layout().fromTorch(values, flat, parameters.offset(p));
    }
    return flat;
  }
}
