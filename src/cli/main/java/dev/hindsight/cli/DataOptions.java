package dev.hindsight.cli;

import dev.hindsight.data.DataSource;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Fit;
import dev.hindsight.data.PictureOptions;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.image.ImageShape;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.StoredRun;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Where the images come from; null where an option was not given.
final class DataOptions {
  @Option(
      names = "--data",
      paramLabel = "DATA",
      description = {
        "mnist10k (embedded), mnist, fashion-mnist, cifar10, emoji, a folder of pictures (PNG, JPEG, GIF,"
            + " BMP), IDX files or CIFAR's batches, or a .npy or .npz file. Default: mnist10k, for a run its own."
      })
  private @Nullable String data;

  @Option(
      names = "--size",
      paramLabel = "N",
      description =
          "Fit pictures of any size to N x N pixels, or to HEIGHTxWIDTH: the mean of each area of"
              + " their middle. Default: all must have one size, for a run its own.")
  private @Nullable String size;

  @Option(
      names = "--fit",
      paramLabel = "cover|contain",
      description =
          "Of pictures whose proportions are others, keep the middle, or all with the background"
              + " around it. Default: cover, for a run its own.")
  private @Nullable Fit fit;

  @Option(
      names = "--channels",
      paramLabel = "C",
      description =
          "Of a picture's pixels: 1, grey, or 3, red, green and blue. Default: 3 where any"
              + " picture has colour, for a run its own.")
  private @Nullable Integer channels;

  @Option(
      names = "--background",
      paramLabel = "RRGGBB",
      description =
          "The colour behind what is transparent in a picture, in hexadecimal. Default: ffffff,"
              + " white.")
  private @Nullable String background;

  @Option(names = "--offline", description = "Fail where a data set would be downloaded.")
  private boolean offline;

  private final OpeningProgress opening = new OpeningProgress();

  @Nullable String place() {
    return data;
  }

  /// That of a new run.
  DataSource source() {
    if (fit != null && size == null) {
      throw new UserException(
          "--fit needs --size, without which pictures stay as they are; give both, or leave out --fit");
    }
    return new DataSource(data == null ? Datasets.EMBEDDED : data, pictures(), offline);
  }

  /// That of a run that is there. Pictures of another place are fitted to what its model knows.
  DataSource source(RunConfig run) {
    PictureOptions own = run.data().pictures();
    if (data == null) {
      if (size != null || channels != null || background != null || fit != null) {
        throw new UserException(
            "--size, --channels, --background and --fit go with --data, since a run keeps its"
                + " images; leave them out");
      }
      return new DataSource(run.data().name(), own, offline);
    }
    if (!Datasets.holdsPictures(data)) {
      return new DataSource(data, pictures(), offline);
    }
    ImageShape shape = run.model().shape();
    PictureOptions like =
        new PictureOptions(
            shape.height(), shape.width(), shape.channels(), own.background(), own.fit());
    return new DataSource(data, like.with(size, channels, background, fit), offline);
  }

  private PictureOptions pictures() {
    return PictureOptions.USUAL.with(size, channels, background, fit);
  }

  /// How a given picture is read: as the run's own, but for its background and fit.
  PictureOptions given(RunConfig run) {
    if (size != null || channels != null) {
      throw new UserException(
          "--size and --channels do not go with --given, whose pictures become images of the run's"
              + " shape; leave them out");
    }
    return run.data().pictures().with(null, null, background, fit);
  }

  /// The run's own images, whatever `--data` says.
  Dataset ofRun(RunConfig run, Split split) {
    DataSource own = new DataSource(run.data().name(), run.data().pictures(), offline);
    return open(own, split).withLevels(run.model().shape().levels());
  }

  /// Images for a run: those of `--data` or else its own, in as many levels as it has learnt.
  ///
  /// @throws UserException when they are of another shape
  Dataset open(StoredRun run, Split split) {
    ImageShape own = run.config().model().shape();
    Dataset found = open(source(run.config()), split).withLevels(own.levels());
    if (!found.shape().equals(own)) {
      throw new UserException(
          "%s has images of %s but %s was trained on images of %s; give %s of that size"
              .formatted(
                  data == null ? run.config().data().name() : "--data " + data,
                  found.shape(),
                  run.folder().path(),
                  own,
                  data == null ? "--data with some" : "some"));
    }
    return found;
  }

  Dataset open(DataSource source, Split split) {
    try (opening) {
      return Datasets.open(source, split, opening);
    }
  }
}
