package dev.hindsight.cli;

import dev.hindsight.backend.Backend;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Split;
import dev.hindsight.error.Printable;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Json;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.train.Likelihood;
import dev.hindsight.train.Outcome;
import dev.hindsight.train.Pretrained;
import dev.hindsight.train.Protocol;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.StoredRun;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `hindsight evaluate --published`: what is stated of published weights, measured again.
///
/// @param data whether anything may be downloaded
/// @param batch images at a time
record PublishedFigures(Backend backend, DataOptions data, int batch) {
  /// Of the nats. Other instructions move the mean of all images by far less, another image or
  /// weight by far more.
  private static final double SAME = 1e-5;

  /// Weights and what was found of them.
  ///
  /// @param found null where nothing could be measured
  /// @param detail why
  record Row(
      String name, RunConfig config, double stated, @Nullable Likelihood found, String detail) {

    boolean agrees() {
      return found != null && Math.abs(found.nats() - stated) <= SAME * stated;
    }

    Protocol protocol() {
      return Protocol.of(config);
    }

    Map<String, @Nullable Object> fields() {
      Map<String, @Nullable Object> fields = new LinkedHashMap<>();
      fields.put("name", name);
      fields.put("data", config.data().name());
      fields.put("protocol", protocol().fields());
      fields.put("stated_nll_nats", stated);
      fields.put("nll_nats", found == null ? null : found.nats());
      fields.put("standard_error", found == null ? null : found.standardError());
      fields.put("bits_per_dim", found == null ? null : found.bitsPerDim(config.model().shape()));
      fields.put("agrees", agrees());
      fields.put("detail", detail);
      return fields;
    }

    String text(String form) {
      String nats = number("%.3f", stated);
      String line =
          found == null
              ? form.formatted(name, config.data().name(), nats, "-", "-", "no", detail)
              : form.formatted(
                  name,
                  config.data().name(),
                  nats + number(" ± %.2f", found.standardError()),
                  number("%.3f", found.nats()),
                  number("%.4f", found.bitsPerDim(config.model().shape())),
                  agrees() ? "yes" : "NO",
                  protocol().describe());
      return Printable.line(line);
    }

    private static String number(String form, double value) {
      return String.format(Locale.ROOT, form, value);
    }
  }

  /// Prints a row as soon as it is measured.
  ///
  /// @return whether all figures agree
  boolean print(PrintWriter out, boolean json) {
    List<String> names = Pretrained.names();
    if (names.isEmpty()) {
      throw new UserException(
          "--published: wanted the jar hindsight-weights on the class path, found none; start"
              + " ./hindsight");
    }
    int width = names.stream().mapToInt(String::length).max().orElseThrow();
    String form = "%%-%ds  %%-13s  %%-15s  %%8s  %%8s  %%-5s  %%s".formatted(width);
    if (!json) {
      out.println(
          form.formatted("weights", "data", "stated nats", "measured", "bits/dim", "agree", "")
              .stripTrailing());
    }
    boolean agree = true;
    for (String name : names) {
      Row row = row(name, StoredRun.open(Pretrained.require(name)));
      out.println(json ? Json.line(row.fields()) : row.text(form));
      agree &= row.agrees();
    }
    return agree;
  }

  Row row(String name, StoredRun run) {
    RunConfig config = run.config();
    double stated = Outcome.of(run).result().nllNats();
    try (AutoregressiveModel model = run.load(backend)) {
      Dataset test = config.data().classes().fit(data.open(run, Split.TEST));
      Likelihood found = Protocol.of(config).measure(backend, model, test, batch);
      return new Row(name, config, stated, found, "");
    } catch (UserException | UncheckedIOException e) { // no such images here
      return new Row(name, config, stated, null, String.valueOf(e.getMessage()));
    }
  }
}
