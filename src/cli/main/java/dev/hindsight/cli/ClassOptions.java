package dev.hindsight.cli;

import dev.hindsight.data.Labels;
import dev.hindsight.error.UserException;
import dev.hindsight.sample.Conditioning;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.StoredRun;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Of which classes images are drawn.
final class ClassOptions {
  private static final String ALL = "all";
  private static final String NONE = "none";

  @Option(
      names = "--class",
      paramLabel = "CLASS",
      description =
          "For a run trained with --classes: the class to draw, by name or number; all, which draws"
              + " as many images of each, a row or more of the sheet; or none, for a run trained with"
              + " --class-dropout.")
  private @Nullable String word;

  @Option(
      names = "--guidance",
      paramLabel = "W",
      description =
          "With --class, for a run trained with --class-dropout: draw from (1 + W) times the logits"
              + " of the class less W times those without a class. Default: 0.")
  private float guidance;

  /// Looks at what does not depend on a run.
  void check() {
    KnownClasses.requireGuidance(guidance);
    if (guidance > 0 && (word == null || word.equals(NONE))) {
      throw new UserException(
          "--guidance needs --class with a class or all; give both, or neither");
    }
  }

  /// The classes to draw as many images of each, [Labels#NONE] for images without one; empty for a
  /// run that knows no classes.
  ///
  /// @param usual what a run that knows classes draws where `--class` is not given; empty where it
  ///   draws images without one
  List<Integer> chosen(StoredRun run, List<Integer> usual) {
    RunConfig config = run.config();
    int classes = config.model().classes();
    boolean learntNone = config.recipe().pixels().classDropout() > 0;
    String asked = word;
    if (asked == null) {
      if (usual.isEmpty() && classes > 0 && !learntNone) {
        throw new UserException(
            "%s always saw the class of an image; give --class with one of its classes, or all"
                .formatted(run.folder().path()));
      }
      return usual;
    }
    List<String> names = KnownClasses.names(run);
    if (!names.isEmpty()) {
      KnownClasses.requireGuidable(run, guidance);
    }
    if (asked.equals(ALL) && !names.contains(ALL) && classes > 0) {
      return IntStream.range(0, classes).boxed().toList();
    }
    if (asked.equals(NONE) && !names.contains(NONE) && classes > 0) {
      if (!learntNone) {
        throw new UserException(
            "--class none: %s always saw the class; train with --class-dropout, or give a class"
                .formatted(run.folder().path()));
      }
      return List.of(Labels.NONE);
    }
    return List.of(KnownClasses.number(run, asked));
  }

  /// So many images of each class in turn, and all of that again for each of `images`.
  Conditioning conditioning(List<Integer> classes, int each, int images) {
    Conditioning one = Conditioning.ofEach(classes, each);
    List<Integer> labels = new ArrayList<>();
    for (int image = 0; image < images; image++) {
      labels.addAll(one.labels());
    }
    return new Conditioning(labels, guidance);
  }
}
