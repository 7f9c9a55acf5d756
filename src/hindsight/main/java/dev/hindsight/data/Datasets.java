package dev.hindsight.data;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Finds a data set by name, in a folder or in a file.
///
/// - `mnist10k`: 8,000 training and 1,000 test digits, in the jar.
/// - `mnist`, `fashion-mnist`: 60,000 and 10,000, from the cache, else downloaded into it.
/// - `cifar10`: 50,000 and 10,000 images in colour, likewise.
/// - `emoji`: the pictures of Debian's font of emoji.
/// - a `.npy` or `.npz` file of NumPy.
/// - anything else is a folder of IDX files, as those of MNIST, of CIFAR's batches, or of pictures.
public final class Datasets {
  public static final String EMBEDDED = "mnist10k";
  public static final String CIFAR10 = "cifar10";
  static final String EMOJI = "emoji";
  static final String NAMES = "mnist10k, mnist, fashion-mnist, cifar10, emoji";

  private final Path cache;
  private final List<FullSet> fullSets;
  private final CifarArchive cifar;
  private final EmojiFont emoji;
  private final Download download;
  private final Opening opening;

  Datasets(
      Path cache,
      List<FullSet> fullSets,
      CifarArchive cifar,
      EmojiFont emoji,
      Download download,
      Opening opening) {
    this.cache = cache;
    this.fullSets = fullSets;
    this.cifar = cifar;
    this.emoji = emoji;
    this.download = download;
    this.opening = opening;
  }

  /// One split of the data set of that name, or of the folder.
  ///
  /// @throws DataException in one line, when the name or a file is wrong
  public static Dataset open(String nameOrFolder, Split split) {
    return open(DataSource.of(nameOrFolder), split, Opening.to(System.err));
  }

  /// One split of the data set of a source.
  ///
  /// @throws DataException in one line, when the name or a file is wrong
  public static Dataset open(DataSource source, Split split, Opening opening) {
    Path cache = cacheFolder(System.getenv());
    return new Datasets(
            cache, FullSet.ALL, CifarArchive.USUAL, EmojiFont.USUAL, new Download(opening), opening)
        .find(source, split);
  }

  /// Whether it is the name of a data set, and so no folder.
  public static boolean isName(String nameOrFolder) {
    return nameOrFolder.equals(EMBEDDED)
        || nameOrFolder.equals(CIFAR10)
        || nameOrFolder.equals(EMOJI)
        || FullSet.ALL.stream().anyMatch(set -> set.name().equals(nameOrFolder));
  }

  /// The same words, for someone who works in another folder: a name stays, a folder is absolute.
  public static String fromAnywhere(String nameOrFolder) {
    return isName(nameOrFolder) ? nameOrFolder : Path.of(nameOrFolder).toAbsolutePath().toString();
  }

  /// Whether it would be read as pictures, which may be of any size.
  public static boolean holdsPictures(String nameOrFolder) {
    if (isName(nameOrFolder)) {
      return nameOrFolder.equals(EMOJI);
    }
    return Files.isDirectory(Path.of(nameOrFolder))
        && !IdxFiles.isIn(Path.of(nameOrFolder))
        && !CifarFiles.isIn(Path.of(nameOrFolder));
  }

  Dataset find(String nameOrFolder, Split split) {
    return find(DataSource.of(nameOrFolder), split);
  }

  Dataset find(DataSource source, Split split) {
    String place = source.place();
    if (!holdsPictures(place)) {
      source.requireNoPictureOptions();
      return findOthers(source, split);
    }
    Path folder = place.equals(EMOJI) ? emoji.folder(cache) : Path.of(place);
    var pictures = new PictureFolder(folder);
    if (pictures.isEmpty()) {
      throw new DataException(
          "%s: %s; expected pictures (%s), or %s[.gz], images in IDX format"
              .formatted(
                  folder, pictures.describeEmpty(), PictureListing.endings(), split.imagesFile()));
    }
    return pictures.read(
        nameOf(Path.of(place)), source.pictures(), split, cache.resolve("pictures"), opening);
  }

  private static String nameOf(Path folder) {
    return Objects.toString(folder.getFileName(), folder.toString());
  }

  private Dataset findOthers(DataSource source, Split split) {
    String nameOrFolder = source.place();
    if (nameOrFolder.equals(CIFAR10)) {
      Path folder = cifar.folder(cache, download, source.offline());
      return CifarFiles.read(CIFAR10, folder, split);
    }
    if (nameOrFolder.equals(EMBEDDED)) {
      return IdxFiles.embedded(EMBEDDED, split);
    }
    for (FullSet set : fullSets) {
      if (set.name().equals(nameOrFolder)) {
        return IdxFiles.read(set.name(), folderOf(set, split, source.offline()), split);
      }
    }
    if (nameOrFolder.isBlank()) {
      throw new DataException("--data is empty; give a folder or one of " + NAMES);
    }
    Path folder = Path.of(nameOrFolder);
    if (NpyFiles.isOne(nameOrFolder)) {
      return NpyFiles.read(nameOf(folder), folder, split);
    }
    return CifarFiles.isIn(folder)
        ? CifarFiles.read(nameOf(folder), folder, split)
        : IdxFiles.read(nameOf(folder), folder, split);
  }

  private Path folderOf(FullSet set, Split split, boolean offline) {
    Path own = cache.resolve(set.name());
    if (IdxFiles.has(own, split)) {
      return own;
    }
    Path system = set.systemFolder();
    if (system != null && IdxFiles.has(system, split)) {
      return system;
    }
    for (String file : List.of(split.labelsFile() + ".gz", split.imagesFile() + ".gz")) {
      download.fetch(set.mirrors(), set.file(file), own, offline);
    }
    return own;
  }

  /// `$XDG_CACHE_HOME/hindsight`, by default `~/.cache/hindsight`.
  static Path cacheFolder(Map<String, String> environment) {
    String cache = environment.get("XDG_CACHE_HOME");
    Path base =
        cache != null && Path.of(cache).isAbsolute() // relative ones are ignored, as XDG demands
            ? Path.of(cache)
            : Path.of(System.getProperty("user.home"), ".cache");
    return base.resolve("hindsight");
  }

  /// A data set that is too large for the jar: where it is found and how its files are recognised.
  ///
  /// @param systemFolder where a package of the operating system puts it
  /// @param mirrors addresses that end in `/`, tried in turn
  record FullSet(
      String name, @Nullable Path systemFolder, List<URI> mirrors, List<Download.Known> files) {

    Download.Known file(String name) {
      return files.stream().filter(file -> file.name().equals(name)).findFirst().orElseThrow();
    }

    static final List<FullSet> ALL =
        List.of(
            new FullSet(
                "mnist",
                null,
                List.of(
                    URI.create("https://ossci-datasets.s3.amazonaws.com/mnist/"),
                    URI.create("https://storage.googleapis.com/cvdf-datasets/mnist/")),
                List.of(
                    new Download.Known(
                        "train-images-idx3-ubyte.gz",
                        9_912_422,
                        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
                    new Download.Known(
                        "train-labels-idx1-ubyte.gz",
                        28_881,
                        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
                    new Download.Known(
                        "t10k-images-idx3-ubyte.gz",
                        1_648_877,
                        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
                    new Download.Known(
                        "t10k-labels-idx1-ubyte.gz",
                        4_542,
                        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"))),
            new FullSet(
                "fashion-mnist",
                Path.of("/usr/share/datasets/fashion-mnist"), // Debian's dataset-fashion-mnist
                List.of(
                    URI.create(
                        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"),
                    URI.create("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/")),
                List.of(
                    new Download.Known(
                        "train-images-idx3-ubyte.gz",
                        26_421_880,
                        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
                    new Download.Known(
                        "train-labels-idx1-ubyte.gz",
                        29_515,
                        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
                    new Download.Known(
                        "t10k-images-idx3-ubyte.gz",
                        4_422_102,
                        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
                    new Download.Known(
                        "t10k-labels-idx1-ubyte.gz",
                        5_148,
                        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"))));
  }
}
