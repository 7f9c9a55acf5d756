package dev.hindsight.sample;

import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.GuidedModel;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/// Of which classes images are drawn.
///
/// @param labels of each image its class from 0, or -1 where it has none; empty where no image has
///   one
/// @param guidance W of classifier-free guidance (Ho & Salimans 2022, arXiv 2207.12598): images are
///   drawn from (1 + W) times the logits of their class less W times those without a class; 0 =
///   from the former
public record Conditioning(List<Integer> labels, float guidance) implements Serializable {
  /// Images that have no classes.
  public static final Conditioning NONE = new Conditioning(List.of());

  public Conditioning {
    labels = List.copyOf(labels);
    for (int label : labels) {
      if (label < -1) {
        throw new IllegalArgumentException(
            "sampler: a label is a class from 0, or -1 for none, but one is " + label);
      }
    }
    if (!(guidance >= 0 && Float.isFinite(guidance)) || (guidance > 0 && labels.isEmpty())) {
      throw new IllegalArgumentException(
          "sampler: wanted a guidance of at least 0, and of images that have classes, got %s for %d labels"
              .formatted(guidance, labels.size()));
    }
  }

  /// So many images of each class, one class after the other: of as many rows of a sheet.
  public static Conditioning ofEach(List<Integer> classes, int each) {
    return new Conditioning(
        classes.stream().flatMap(y -> Collections.nCopies(each, y).stream()).toList());
  }

  /// Without guidance.
  public Conditioning(List<Integer> labels) {
    this(labels, 0);
  }

  /// Images of each of so many classes in turn; where there are none, images that have none.
  public static Conditioning inTurn(int images, int classes) {
    return classes == 0
        ? NONE
        : new Conditioning(IntStream.range(0, images).mapToObj(k -> k % classes).toList());
  }

  /// Whether no image has a class.
  public boolean isNone() {
    return labels.isEmpty();
  }

  /// Of images `first .. first + count - 1` alone; one that nobody asked for has no class.
  Conditioning part(long first, int count) {
    if (isNone()) {
      return this;
    }
    List<Integer> some = new ArrayList<>();
    for (long k = first; k < first + count; k++) {
      some.add(k < labels.size() ? labels.get((int) k) : -1);
    }
    return new Conditioning(some, guidance);
  }

  /// Of the same classes, guided.
  public Conditioning withGuidance(float weight) {
    return new Conditioning(labels, weight);
  }

  /// Labels of twice as many images: those of the images, and none.
  Conditioning doubled() {
    List<Integer> all = new ArrayList<>(labels);
    all.addAll(Collections.nCopies(labels.size(), -1));
    return new Conditioning(all);
  }

  /// What images are drawn from, whose outputs guidance may have made others.
  AutoregressiveModel guided(AutoregressiveModel model) {
    return new GuidedModel(model, guidance);
  }

  /// Labels as a tensor has them.
  float[] numbers() {
    float[] numbers = new float[labels.size()];
    for (int k = 0; k < numbers.length; k++) {
      numbers[k] = labels.get(k);
    }
    return numbers;
  }

  /// Fails where a model does not know the classes.
  void requireFit(AutoregressiveModel model) {
    int classes = model.config().classes();
    if (classes == 0 && !isNone()) {
      throw new IllegalArgumentException(
          "sampler: %s knows no classes but labels were given".formatted(model.config().name()));
    }
    for (int label : labels) {
      if (label >= classes) {
        throw new IllegalArgumentException(
            "sampler: %s knows %d classes, but a label is %d"
                .formatted(model.config().name(), classes, label));
      }
    }
  }
}
