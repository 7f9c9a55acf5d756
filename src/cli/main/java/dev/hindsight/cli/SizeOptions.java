package dev.hindsight.cli;

import dev.hindsight.error.UserException;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.Size;
import dev.hindsight.train.Sizes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Spec;

/// Sizes that override those of the preset: an option per [Size]. The presets define which models
/// have it.
final class SizeOptions {
  private Sizes given = Sizes.none();

  /// picocli calls this when it reads the class, so that the options stand where the mixin does.
  @Spec
  void declare(CommandSpec spec) {
    String note = " Default, as below: the preset's."; // once is enough
    for (Size size : Size.values()) {
      spec.addOption(
          OptionSpec.builder(size.option())
              .type(size.type())
              .negatable(size.type() == Boolean.class)
              .paramLabel(label(size))
              .description("%s (%s).%s".formatted(size.description(), owners(size), note))
              .setter(setter(size))
              .build());
      note = "";
    }
  }

  private static String label(Size size) {
    return size.type().isEnum() ? "KIND" : size.type() == Float.class ? "P" : "N";
  }

  /// `made, lstm`, or `all but wavenet`.
  private static String owners(Size size) {
    List<BuiltInModel> owners = BuiltInModel.having(size);
    List<String> others = new ArrayList<>(BuiltInModel.labels());
    owners.forEach(model -> others.remove(model.label()));
    return others.size() == 1
        ? "all but " + others.getFirst()
        : owners.stream().map(BuiltInModel::label).collect(Collectors.joining(", "));
  }

  /// picocli also sets null, where an option was not given.
  private ISetter setter(Size size) {
    return new ISetter() {
      @Override
      public <T> T set(T value) {
        if (size.type().isInstance(value)) {
          given = given.with(size, value);
        }
        return value;
      }
    };
  }

  Sizes sizes() {
    return given;
  }

  /// Fails where a size was given although `reason` fixes them all.
  void requireNone(String reason) {
    for (Size size : given.named()) {
      throw new UserException(
          "%s cannot be changed: %s; leave it out".formatted(size.option(), reason));
    }
  }
}
