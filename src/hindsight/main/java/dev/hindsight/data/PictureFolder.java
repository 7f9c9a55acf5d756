package dev.hindsight.data;

import dev.hindsight.data.PictureListing.Found;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A folder of pictures. Its folders are classes; where they are called `train` and `test`, or
/// `val`, they are the splits, and what is in them are classes. Else a tenth is for tests.
final class PictureFolder {
  private static final String TRAINING = "train";
  private static final List<String> TESTS = List.of("test", "val");

  private final Path folder;
  private final PictureListing listing;
  private final @Nullable String test; // the folder of test images, null where a tenth is drawn

  PictureFolder(Path folder) {
    this.folder = folder;
    this.listing = PictureListing.of(folder);
    Set<String> uppermost =
        listing.pictures().stream()
            .map(picture -> picture.folder(0))
            .filter(Objects::nonNull)
            .collect(Collectors.toSet());
    this.test =
        uppermost.contains(TRAINING)
            ? TESTS.stream().filter(uppermost::contains).findFirst().orElse(null)
            : null;
  }

  boolean isEmpty() {
    return listing.pictures().isEmpty();
  }

  /// What there is where there are no pictures.
  String describeEmpty() {
    return listing.skipped() == 0
        ? "the folder is empty"
        : "no pictures among %d file(s)".formatted(listing.skipped());
  }

  /// The images of a split.
  Dataset read(String name, PictureOptions options, Split split, Path cache, Opening opening) {
    List<Found> pictures =
        test == null
            ? listing.pictures()
            : listing.pictures().stream().filter(this::isOfASplit).toList();
    int[] numbers = numbers(pictures, split);
    Images images = new PictureCache(cache, opening).images(pictures, options);
    Labels labels = labels(pictures);
    sayWhatIsSkipped(opening);
    if (images.blank() > 0) {
      opening.notice(
          "%s: %d of %d pictures are blank on %s, since only their transparency shows anything; --background %s shows them"
              .formatted(
                  folder,
                  images.blank(),
                  pictures.size(),
                  options.background(),
                  options.otherBackground()));
    }
    return images
        .named(name, labels)
        .select(numbers)
        .withSplit(test == null ? TestTenth.WORDS : "test: the folder " + test);
  }

  private boolean isOfASplit(Found picture) {
    String uppermost = picture.folder(0);
    return TRAINING.equals(uppermost) || Objects.equals(test, uppermost);
  }

  private int[] numbers(List<Found> pictures, Split split) {
    if (test == null) {
      return TestTenth.numbers(folder.toString(), pictures.size(), split);
    }
    String wanted = split == Split.TRAIN ? TRAINING : test;
    return IntStream.range(0, pictures.size())
        .filter(k -> wanted.equals(pictures.get(k).folder(0)))
        .toArray();
  }

  /// Null where no picture is in a class.
  private @Nullable Labels labels(List<Found> pictures) {
    int depth = test == null ? 0 : 1;
    List<String> classes =
        pictures.stream()
            .map(picture -> picture.folder(depth))
            .filter(Objects::nonNull)
            .distinct()
            .sorted()
            .toList();
    if (classes.isEmpty()) {
      return null;
    }
    return new Labels(
        pictures.stream()
            .mapToInt(picture -> Math.max(Labels.NONE, classes.indexOf(picture.folder(depth))))
            .toArray(),
        classes);
  }

  private void sayWhatIsSkipped(Opening opening) {
    if (listing.skipped() > 0) {
      opening.notice(
          "%s: %d file(s) skipped, whose names do not end in %s"
              .formatted(folder, listing.skipped(), PictureListing.endings()));
    }
  }
}
