package dev.hindsight.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads every option and parameter that names a file or a folder.
final class PathConverter implements ITypeConverter<Path> {
  @Override
  public Path convert(String value) {
    if (value.isBlank()) {
      throw wrong("it is empty");
    }
    if (value.chars().anyMatch(Character::isISOControl)) {
      throw wrong("it has a control character");
    }
    try {
      Path path = Path.of(value);
      if (path.toAbsolutePath().normalize().getNameCount() == 0) {
        throw wrong("%s is the root folder".formatted(value));
      }
      return path;
    } catch (InvalidPathException e) {
      throw wrong(e.getReason());
    }
  }

  private static TypeConversionException wrong(String reason) {
    return new TypeConversionException("expected the name of a file or folder but " + reason);
  }
}
