package dev.hindsight.data;

/// Where the images of a data set come from.
///
/// @param place the name of a data set, a folder or a file
/// @param pictures how a folder of pictures is read; of anything else they are
///   [PictureOptions#USUAL]
/// @param offline whether what is not here is an error and no download
public record DataSource(String place, PictureOptions pictures, boolean offline) {
  public static DataSource of(String place) {
    return new DataSource(place, PictureOptions.USUAL, false);
  }

  /// Fails where something was asked for that only pictures can be.
  void requireNoPictureOptions() {
    String given = pictures.given();
    if (given != null) {
      throw new DataException(
          "%s applies to a folder of pictures, and %s is none; leave it out"
              .formatted(given, place));
    }
  }
}
