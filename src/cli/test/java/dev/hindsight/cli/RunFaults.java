package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.testing.RunEdits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

/// What can be wrong with the folder of a [TinyRun], by name.
final class RunFaults {
  private RunFaults() {}

  static Path eventFile(Path run) throws IOException {
    try (Stream<Path> files = Files.list(run.resolve("events"))) {
      return files.findFirst().orElseThrow();
    }
  }

  static void put(String fault, Path run) throws IOException {
    Path config = run.resolve("config.json");
    Path model = run.resolve("model.safetensors");
    Path optimizer = run.resolve("optimizer.safetensors");
    Path metrics = run.resolve("metrics.jsonl");
    Path sheet = run.resolve("samples.png");
    Path elsewhere = run.resolveSibling("elsewhere");
    switch (fault) {
      case "nothing" -> {}
      case "row cut" ->
          Files.write(run.resolve("samples-1.png"), Arrays.copyOf(Files.readAllBytes(sheet), 60));
      case "quality foreign" -> Files.writeString(run.resolve("quality.json"), "null");
      case "config cut" -> truncate(config, 10);
      case "config empty" -> Files.write(config, new byte[0]);
      case "config bit" -> replace(config, "0\\.001", "0.005"); // 1 and 5 differ in a bit
      case "config digest" -> RunEdits.config(run, "\"sha256\" : \"...", "\"sha256\" : \"");
      case "config preset" -> RunEdits.config(run, "\"base\"", "\"huge\"");
      case "config classes" ->
          RunEdits.config(run, "\"names\" : \\[ \\]", "\"names\" : [ \"cat\" ]");
      case "config size" ->
          RunEdits.config(run, "\"hiddenDegrees\" : \\[ \\[ [0-9]+, ", "\"hiddenDegrees\" : [ [ ");
      case "fewer epochs" -> RunEdits.config(run, "\"epochs\" : 2", "\"epochs\" : 1");
      case "weights bit" -> flip(model, 5);
      case "weights cut" -> truncate(model, 4);
      case "weights gone" -> Files.delete(model);
      case "weights of epoch 1" ->
          RunEdits.safetensors(model, "\"epoch\":\"2\"", "\"epoch\":\"1\"");
      case "weights infinite" -> {
        byte[] bytes = Files.readAllBytes(model);
        ByteBuffer.wrap(bytes)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putFloat(bytes.length - 4, Float.POSITIVE_INFINITY);
        Files.write(model, bytes);
        RunEdits.safetensors(model, "pt", "pt");
      }
      case "weights of another shape" -> RunEdits.safetensors(model, "\\[8,784\\]", "[784,8]");
      case "weights of another name" -> RunEdits.safetensors(model, "net.0.weight", "net.9.weight");
      case "weights twice" -> RunEdits.safetensors(model, "net.2.bias", "net.0.bias");
      case "weights of another tool" -> {
        replace(model, "hindsight.checksum", "elsewhere.checksum");
        replace(model, "hindsight.sha256", "elsewhere.sha256");
      }
      case "state bit" -> flip(optimizer, 5);
      case "state steps" -> RunEdits.safetensors(optimizer, "\"steps\":\"8\"", "\"steps\":\"7\"");
      case "state fewer steps" ->
          RunEdits.safetensors(optimizer, "\"steps\":\"8\"", "\"steps\":\"6\"");
      case "state gone" -> Files.delete(optimizer);
      case "state, metrics and sheet gone" -> {
        for (Path file : new Path[] {optimizer, metrics, sheet}) {
          Files.delete(file);
        }
      }
      case "metrics bit" -> replace(metrics, "\"lr\":0.001", "\"lr\":0.005");
      case "metrics foreign" -> replace(metrics, "\\{\"kind\":\"test\"", "hello");
      case "metrics twice" -> Files.writeString(metrics, Files.readString(metrics).repeat(2));
      case "metrics short" -> Files.write(metrics, Files.readAllLines(metrics).subList(0, 2));
      case "metrics late" -> Files.write(metrics, Files.readAllLines(metrics).subList(2, 4));
      case "metrics cut" -> truncate(metrics, 1);
      case "metrics lower" ->
          RunEdits.metrics(run, "(?s)(.*)\"nll_nats\":1[0-9]+", "$1\"nll_nats\":12");
      case "metrics gone" -> Files.delete(metrics);
      case "metrics a folder" -> {
        Files.delete(metrics);
        Files.createDirectory(metrics);
      }
      case "sheet bit" -> flip(sheet, 30);
      case "sheet cut" -> truncate(sheet, 1);
      case "sheet gone" -> Files.delete(sheet);
      case "sheet a folder" -> {
        Files.delete(sheet);
        Files.createDirectories(sheet.resolve("mine"));
      }
      case "event bit" -> flip(eventFile(run), 30);
      case "events gone" -> Files.delete(eventFile(run));
      case "events a link" -> {
        Files.move(run.resolve("events"), elsewhere);
        Files.createSymbolicLink(run.resolve("events"), elsewhere);
      }
      case "events a file" -> {
        Files.move(run.resolve("events"), run.resolve("old"));
        Files.writeString(run.resolve("events"), "");
      }
      case "lock a link" -> {
        Files.delete(run.resolve(".lock"));
        Files.createSymbolicLink(run.resolve(".lock"), elsewhere);
      }
      case "temporary" -> Files.writeString(run.resolve(".a-1-1.hindsight-tmp"), "");
      default -> throw new IllegalArgumentException(fault);
    }
  }

  private static void replace(Path file, String pattern, String by) throws IOException {
    String before = Files.readString(file, StandardCharsets.ISO_8859_1);
    String after = before.replaceFirst(pattern, by);
    assertThat(after).as(pattern).isNotEqualTo(before);
    Files.writeString(file, after, StandardCharsets.ISO_8859_1);
  }

  private static void flip(Path file, int fromEnd) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - fromEnd] ^= 1;
    Files.write(file, bytes);
  }

  private static void truncate(Path file, int bytes) throws IOException {
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - bytes));
  }
}
