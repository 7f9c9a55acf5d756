package dev.hindsight.spark;

import dev.hindsight.cluster.Cluster.Pass;
import dev.hindsight.data.Batches;
import dev.hindsight.train.Likelihood;
import java.io.Serializable;

/// Some batches of an evaluation.
record PassTask(SentModel model, Images images, Pass pass, Part part) implements Serializable {
  /// Batches `from .. to - 1`.
  ///
  /// @param binarization number of the draw of stochastic pixels
  /// @param order of the pixels, by number
  record Part(int binarization, int order, int from, int to) implements Serializable {}

  /// The negative log-likelihood of each image of the part.
  float[] run() {
    Batches batches =
        Batches.evaluation(images.dataset(), pass.batch(), pass.binarize(), pass.key());
    return model.use(
        (backend, opened) ->
            Likelihood.nll(
                backend,
                opened,
                batches,
                part.binarization(),
                part.order(),
                part.from(),
                part.to()));
  }
}
