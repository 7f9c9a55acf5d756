package dev.hindsight.predict;

import dev.hindsight.backend.draw.PixelLoop.Attend;
import dev.hindsight.backend.draw.PixelLoop.Cell;
import dev.hindsight.backend.draw.PixelLoop.Finish;
import dev.hindsight.backend.draw.PixelLoop.First;
import dev.hindsight.backend.draw.PixelLoop.Logit;
import dev.hindsight.backend.draw.PixelLoop.Perceptron;
import dev.hindsight.backend.draw.PixelLoop.Phase;
import dev.hindsight.backend.draw.PixelLoop.Product;
import dev.hindsight.backend.draw.PixelLoop.Squash;
import dev.hindsight.backend.draw.PixelLoop.Step;
import dev.hindsight.backend.draw.PixelLoop.Term;
import dev.hindsight.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// What a phase does, for people: `pixel: 640 x 960 gate, 320 x 320`. A product is outputs x inputs
/// of all its terms.
final class PhaseLabel {
  private PhaseLabel() {}

  static String of(Phase phase) {
    Map<String, Integer> steps = new LinkedHashMap<>(); // -> how often
    phase.steps().forEach(step -> steps.merge(of(step), 1, Integer::sum));
    String all =
        steps.entrySet().stream()
            .map(step -> (step.getValue() > 1 ? step.getValue() + " of " : "") + step.getKey())
            .collect(Collectors.joining(", "));
    return phase.when().name().toLowerCase(Locale.ROOT) + ": " + all;
  }

  private static String of(Step step) {
    return switch (step) {
      case Product product ->
          product(product.terms())
              + (product.finish() == Finish.PLAIN
                  ? ""
                  : " " + product.finish().name().toLowerCase(Locale.ROOT));
      case Logit logit -> "logit " + product(logit.terms()) + ", " + of(logit.first());
      case First first -> "first layer of " + first.y().channels();
      case Squash squash -> "gate and norm of " + squash.y().channels();
      case Cell cell -> "cells of " + cell.h().channels();
      case Attend attend ->
          "attention, %d heads of %d, %s"
              .formatted(
                  attend.heads(),
                  attend.y().channels() / attend.heads(),
                  layer(attend.projection()));
      case Perceptron perceptron ->
          "%s gelu, %s, in %d slices"
              .formatted(
                  layer(perceptron.up().w()), layer(perceptron.down()), perceptron.y().dim(0));
    };
  }

  private static String layer(Tensor w) {
    return w.dim(0) + " x " + w.channels();
  }

  private static String product(List<Term> terms) {
    int inputs = terms.stream().mapToInt(term -> term.w().channels()).sum();
    return terms.getFirst().w().dim(0) + " x " + inputs;
  }
}
