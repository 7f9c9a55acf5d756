package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.ClassBias;
import dev.hindsight.tensor.Tensor;

/// Rows of a table, number after number: ND4J would take tens of microseconds for each row.
record Nd4jClassBias(Nd4jMemory memory) implements ClassBias {
  @Override
  public void forward(Tensor x, Tensor table, Tensor labels, int places, Tensor y) {
    double[] out = memory.doubles(x);
    double[] rows = memory.doubles(table);
    double[] classes = memory.doubles(labels);
    int width = x.channels();
    for (int k = 0; k < out.length; k++) {
      double label = classes[k / width / places % classes.length];
      if (label != NO_CLASS) {
        boolean known = label >= 0 && label < table.dim(0) && label == Math.floor(label);
        out[k] += known ? rows[((int) label) * width + k % width] : Double.NaN;
      }
    }
    memory.write(y, out);
  }

  @Override
  public void backward(Tensor labels, int places, Tensor dy, Tensor dtable) {
    double[] up = memory.doubles(dy);
    double[] rows = memory.doubles(dtable);
    double[] classes = memory.doubles(labels);
    int width = dy.channels();
    for (int k = 0; k < up.length; k++) {
      double label = classes[k / width / places % classes.length];
      if (label >= 0 && label < dtable.dim(0) && label == Math.floor(label)) {
        rows[((int) label) * width + k % width] += up[k];
      }
    }
    memory.write(dtable, rows);
  }
}
