package dev.hindsight.verify;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.BackendException;
import dev.hindsight.catalogue.FreshGradients;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.Parity;
import dev.hindsight.catalogue.Reference;
import dev.hindsight.error.DidYouMean;
import dev.hindsight.error.UserException;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.model.Causality;
import dev.hindsight.sample.BatchSampler.Strategy;
import dev.hindsight.sample.Sampler;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// All checks of one backend: every op against the reference, forward and backward, then the
/// causality of every model, then its samplers.
public final class Verification {
  private final Backend backend;
  private final Consumer<Row> rows;
  private int passed;
  private int failed;
  private boolean stopped;

  /// @param rows takes each row as soon as it is known
  public Verification(Backend backend, Consumer<Row> rows) {
    this.backend = backend;
    this.rows = rows;
  }

  /// The cases and models of one name, or all for null.
  ///
  /// @throws UserException when there is neither an op nor a model of this name
  public static List<OpCase> named(@Nullable String name, List<OpCase> cases) {
    List<OpCase> chosen = cases.stream().filter(c -> name == null || c.op().equals(name)).toList();
    if (chosen.isEmpty() && models(name).isEmpty()) {
      TreeSet<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
      Stream.concat(
              cases.stream().map(OpCase::op), SmallModel.all().stream().map(m -> m.config().name()))
          .forEach(names::add);
      throw DidYouMean.unknown("op or model", String.valueOf(name), List.copyOf(names));
    }
    return chosen;
  }

  private static List<SmallModel> models(@Nullable String name) {
    return SmallModel.all().stream()
        .filter(m -> name == null || m.config().name().equals(name))
        .toList();
  }

  /// Compares with the reference, case by case.
  public void ops(Reference reference, List<OpCase> cases) {
    Parity parity = new Parity(reference, backend);
    for (OpCase opCase : cases) {
      if (stopped) {
        return;
      }
      try {
        parity.check(opCase).stream().map(Row::of).forEach(this::add);
        if (opCase.backward() != null) {
          fresh(opCase);
        }
        if (opCase.op().equals("causalAttention")) {
          add(Row.of(AttentionLaw.check(backend, opCase)));
        }
      } catch (BackendException e) {
        stop(opCase.op(), opCase.shape(), e);
      }
    }
  }

  private void fresh(OpCase opCase) {
    FreshGradients.Finding found = FreshGradients.check(backend, opCase);
    if (found.gradients() > 0) {
      String first = found.failures().isEmpty() ? null : found.failures().getFirst();
      add(new Row(opCase.op(), opCase.shape(), "fresh", found.failures().size(), 0, first));
    }
  }

  /// Looks whether any model looks ahead.
  ///
  /// @param name a model's, or null for all
  public void causality(@Nullable String name) {
    for (SmallModel small : models(name)) {
      for (Causality.Change change : Causality.Change.values()) {
        if (stopped) {
          return;
        }
        check(small, change.name(), model -> Causality.check(backend, model, 1, change));
      }
    }
    for (SmallModel small : SmallModel.conditional()) {
      if (!stopped && (name == null || name.equals(small.config().name()))) {
        check(
            small,
            "classes",
            model -> {
              var later = Causality.check(backend, model, 1, Causality.Change.POISON);
              return later.holds() ? Causality.ofClasses(backend, model) : later;
            });
      }
    }
  }

  private void check(
      SmallModel small, String what, Function<AutoregressiveModel, Causality.Finding> find) {
    try (AutoregressiveModel model = small.create(backend, SmallModel.KEY)) {
      add(small, what, find.apply(model));
    } catch (BackendException e) {
      stop(small.config().name(), small.shape(), e);
    }
  }

  /// Looks whether samplers draw what the models say, pixel by pixel and, where it is another, by
  /// the best way there is.
  ///
  /// @param name a model's, or null for all
  public void sampling(@Nullable String name) {
    for (SmallModel small : models(name)) {
      for (Strategy strategy : List.of(Strategy.STEPS, Strategy.BEST)) {
        if (stopped) {
          return;
        }
        try (AutoregressiveModel model = small.create(backend, SmallModel.KEY)) {
          if (strategy == Strategy.BEST && !Sampler.drawsAtOnce(backend, model, 1)) {
            continue;
          }
          SamplingCheck.Finding found = SamplingCheck.check(backend, model, strategy);
          String phase = "sampling " + strategy.name().toLowerCase(Locale.ROOT);
          add(
              new Row(
                  small.config().name(),
                  small.shape(),
                  phase,
                  found.error(),
                  found.allowed(),
                  found.detail()));
        } catch (BackendException e) {
          stop(small.config().name(), small.shape(), e);
        }
      }
    }
  }

  private void add(SmallModel small, String what, Causality.Finding finding) {
    String detail = null;
    if (!finding.leaks().isEmpty()) {
      detail = finding.leaks().getFirst();
    } else if (!finding.holds()) {
      detail = "no other logit moved either, so this saw nothing";
    }
    add(
        new Row(
            small.config().name(),
            small.shape(),
            "causality " + what.toLowerCase(Locale.ROOT),
            finding.leaks().size(),
            0,
            detail));
  }

  private void add(Row row) {
    if (row.passed()) {
      passed++;
    } else {
      failed++;
    }
    rows.accept(row);
  }

  /// After an error of the device nothing else can run on it.
  private void stop(String op, String shape, BackendException e) {
    stopped = true;
    double none = Double.POSITIVE_INFINITY;
    add(new Row(op, shape, "stopped", none, 0, String.valueOf(e.getMessage())));
  }

  public boolean holds() {
    return failed == 0 && passed > 0;
  }

  /// One line for the end.
  public String summary() {
    if (stopped) {
      return "stopped by an error of the device after %d checks".formatted(passed + failed);
    }
    return failed == 0
        ? "all %d checks passed".formatted(passed)
        : "%d of %d checks failed".formatted(failed, passed + failed);
  }
}
