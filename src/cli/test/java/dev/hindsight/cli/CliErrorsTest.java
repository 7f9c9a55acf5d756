package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.format.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every mistake gets one line that names what was found and what to do, and exit code 2.
@Tag("slow")
class CliErrorsTest {
  @TempDir private static Path shared;
  @TempDir private Path temp;

  private static SmallRun trained;

  @BeforeAll
  static void train() throws IOException, InterruptedException {
    trained = SmallRun.train(shared, "nd4j");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train made --backend tpu|no backend is called 'tpu'; there are: auto, cuda",
        "train vae|no model is called 'vae'; there are: made, wavenet, pixelcnn,",
        "train made --preset big|no preset is called 'big'; there are: base, hour,",
        "train made --epochs many|'many' is not an int",
        "train made --epochs 0|--epochs must be at least 1 but is 0",
        "train made --batch -3|--batch must be at least 1 but is -3",
        "train made --lr 0|--lr must be a number above 0 but is 0.0",
        "train made --lr NaN|--lr must be a number above 0 but is NaN",
        "train lstm --clip -1|--clip must be a number of at least 0 but is -1.0",
        "train lstm --clip NaN|--clip must be a number of at least 0 but is NaN",
        "train made --binarize half|expected one of [THRESHOLD, STOCHASTIC]",
        "train made --precision fp64|no precision is called 'fp64'; there are: fp32, tf32, bf16",
        "train made --backend cpu --precision tf32|tf32 is not for backend cpu, only for cuda;"
            + " leave --precision out",
        "train made --hidden 0|made: --hidden must be from 1 to 114130 but is 0",
        "train pixelcnn --kernel 4|pixelcnn: --kernel must be odd and from 3 to 9 but is 4",
        "train pixelcnn --hidden 4|pixelcnn has no --hidden; its sizes are --filters, --layers,"
            + " --kernel",
        "train transformer --width 1024 --heads 4|has 256 in each of --heads 4; raise --heads",
        "train transformer --width 8192 --heads 64 --layers 3|has more than 268 million parameters",
        "train transformer --dropout 1|--dropout must be at least 0 and below 1 but is 1.0",
        "train transformer --dropout NaN|--dropout must be at least 0 and below 1 but is NaN",
        "train made --orders 0|made: --orders must be at least 1 but is 0",
        "train made --run x --resume --hidden 9|--hidden cannot be changed: a resumed run",
        "train made --resume|--resume needs the folder of the run",
        "train made --frobnicate|Unknown option: '--frobnicate'; see hindsight train --help",
        "train made --epoch 3|Unknown options: '--epoch', '3' (did you mean '--epochs'?); see",
        "trian made|Unmatched arguments from index 0: 'trian', 'made' (did you mean 'train'?); see",
        "train mode|no model is called 'mode' (did you mean 'made'?); there are: made, wavenet,",
        "train made --preset bset|no preset is called 'bset'; there are: base, hour, best,"
            + " reference",
        "train made --backend cdua|no backend is called 'cdua'; there are: auto, cuda, cpu, nd4j",
        "train made --backend cud|no backend is called 'cud' (did you mean 'cuda'?); there are:",
        "compare --models made,wavnet|no model is called 'wavnet' (did you mean 'wavenet'?); there",
        "compare --models made,vae|no model is called 'vae'; there are: made, wavenet, pixelcnn,",
        "compare --models lstm,made,lstm|--models names lstm twice; name each once",
        "compare --models made --out /proc/x|--out /proc/x: the folder cannot be created (",
        "train pixel-rnn --lstm rows|expected one of [ROW, DIAGONAL]",
        "train pixelcnn --positions 2|Unmatched argument at index 3: '2'",
        "train|Missing required parameter: 'MODEL'",
        "dance|Unmatched argument at index 0: 'dance'",
        "train made --data /no/such/folder|/no/such/folder",
        "evaluate /no/such/run|/no/such/run: no such folder; give the folder of a run",
        "sample /no/such/run|/no/such/run: no such folder",
      })
  void aWrongWordOrNumber(String line, String part) {
    Cli.mistake(Cli.here(line.split(" ")), part);
  }

  @ParameterizedTest
  @CsvSource({
    "'', it is empty",
    "/, / is the root folder",
    "/tmp/.., /tmp/.. is the root folder",
    "'a\u001b[31mb', it has a control character",
  })
  void aNameThatIsNone(String name, String reason) {
    String wrong = ": expected the name of a file or folder but " + reason + "; see";
    Cli.mistake(Cli.here("train", "made", "--run", name), "option '--run'" + wrong);
    Cli.mistake(Cli.here("play", "--export", name), "option '--export'" + wrong);
    Cli.mistake(Cli.here("sample", name), "parameter at index 0 (RUN)" + wrong);
  }

  @Test
  void withoutACommandTheHelpIsPrinted() {
    Cli bare = Cli.here();
    assertThat(bare.exit()).isZero();
    assertThat(bare.err()).isEmpty();
    assertThat(bare.out()).anyMatch(line -> line.startsWith("  train "));
    assertThat(bare.out()).anyMatch(line -> line.startsWith("  spark "));
  }

  @Test
  void whatIsRepeatedIsShortAndWithoutControls() {
    Cli.mistake(
        Cli.here("train", "made", "--data", "/no/\u001b[31mfolder\nhere"),
        "/no/?[31mfolder here: no such folder");
    Cli.mistake(Cli.here("train", "made", "--epochs", "\u001b[31m9"), "'?[31m9' is not an int");
    Cli cli = Cli.here("train", "made", "--epochs", "9".repeat(100_000));
    Cli.mistake(cli, "characters left out", "is not an int; see hindsight train --help");
    assertThat(cli.err().getFirst()).hasSizeLessThan(1300);
  }

  /// As the command is started.
  @ParameterizedTest
  @CsvSource({
    "train made --batch -3, --batch must be at least 1 but is -3",
    "train made --frobnicate, Unknown option: '--frobnicate'; see hindsight train --help",
  })
  void aMistakeEndsTheProcess(String line, String part) throws Exception {
    Cli.mistake(Cli.run(line.split(" ")), part);
  }

  @Test
  void aBackendThatCannotOpenIsOneLineAndExitCode1() throws Exception {
    Cli cli = Cli.run("train", "made", "--backend", "cuda", "--run", temp + "/run");
    assertThat(cli.exit()).isEqualTo(1);
    assertThat(cli.err()).hasSize(1);
    assertThat(cli.err().getFirst()).startsWith("hindsight: cuda: ").contains("--backend cpu");
    assertThat(temp.resolve("run")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "MAGIC, train-images-idx3-ubyte",
    "TRUNCATED, truncated",
    "SIDE, images of 0x0 pixels",
    "LABELS, labels",
    "EMPTY, train-images-idx3-ubyte",
  })
  void aWrongDataFile(String fault, String part) throws Exception {
    Path data = Files.createDirectory(temp.resolve("data"));
    Path images = data.resolve("train-images-idx3-ubyte");
    Path labels = data.resolve("train-labels-idx1-ubyte");
    byte[] whole = SmallRun.images(0x803, SmallRun.IMAGES, 28);
    if (!fault.equals("EMPTY")) {
      Files.write(
          labels, SmallRun.labels(fault.equals("LABELS") ? SmallRun.IMAGES - 1 : SmallRun.IMAGES));
      Files.write(
          images,
          switch (fault) {
            case "MAGIC" -> SmallRun.images(0x1234, SmallRun.IMAGES, 28);
            case "TRUNCATED" -> Arrays.copyOf(whole, whole.length - 100);
            case "SIDE" -> SmallRun.images(0x803, SmallRun.IMAGES, 0);
            default -> whole;
          });
    }
    Cli.mistake(Cli.here("train", "made", "--backend", "nd4j", "--data", data.toString()), part);
  }

  /// As a tool of somebody else would change it: without our checksum.
  private static byte[] withHeader(byte[] file, String from, String to) {
    int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    String header = new String(file, 8, length, StandardCharsets.UTF_8);
    assertThat(header).containsPattern(from);
    String others = header.replaceFirst("\"hindsight.checksum\":\"[^\"]*\",?", "");
    byte[] changed = others.replaceFirst(from, to).stripTrailing().getBytes(StandardCharsets.UTF_8);
    int padded = (changed.length + 7) / 8 * 8;
    ByteBuffer out =
        ByteBuffer.allocate(8 + padded + file.length - 8 - length).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(padded).put(changed);
    while (out.position() < 8 + padded) {
      out.put((byte) ' ');
    }
    return out.put(file, 8 + length, file.length - 8 - length).array();
  }

  /// Puts a number into a tensor of a file.
  private static byte[] withNumber(byte[] file, String tensor, int element, float number) {
    ByteBuffer bytes = ByteBuffer.wrap(file.clone()).order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) bytes.getLong();
    var header = Json.parse("header", new String(file, 8, length, StandardCharsets.UTF_8));
    int begin = header.path(tensor).path("data_offsets").path(0).intValue();
    return bytes.putFloat(8 + length + begin + 4 * element, number).array();
  }

  @Test
  void aResultThatIsNoNumberFails() throws Exception {
    Path run = trained.copy(temp);
    Path model = run.resolve("model.safetensors");
    byte[] others = withHeader(Files.readAllBytes(model), "net", "net");
    for (int pixel = 1; pixel <= 2; pixel++) { // which are black; their sum is infinite
      others = withNumber(others, "net.6.bias", pixel, Float.MAX_VALUE);
    }
    Files.write(model, others);
    for (String[] more : new String[][] {{}, {"--json"}}) {
      List<String> args = new ArrayList<>(List.of("evaluate", run.toString(), "--backend", "nd4j"));
      args.addAll(List.of(more));
      Cli cli = Cli.here(args.toArray(String[]::new));
      assertThat(cli.exit()).as(cli.toString()).isEqualTo(1);
      assertThat(cli.out()).isEmpty();
      assertThat(cli.err()).hasSize(1);
      assertThat(cli.err().getFirst())
          .startsWith("hindsight: " + run + ": its weights give ")
          .endsWith(" nats per image; use another run or train again");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "TRUNCATED, model.safetensors",
    "HEADER_LENGTH, header would be",
    "SHAPE, model.safetensors",
    "OTHER_MODEL, of another model",
    "DUPLICATE, net.0.bias",
    "NAN, has NaN at element 1",
    "BIT, damaged: its SHA-256 is",
    "CONFIG, config.json",
  })
  void aDamagedCheckpoint(String fault, String part) throws Exception {
    Path run = trained.copy(temp);
    Path model = run.resolve("model.safetensors");
    byte[] whole = Files.readAllBytes(model);
    switch (fault) {
      case "TRUNCATED" -> Files.write(model, Arrays.copyOf(whole, whole.length - 1000));
      case "HEADER_LENGTH" ->
          Files.write(
              model,
              ByteBuffer.wrap(whole.clone())
                  .order(ByteOrder.LITTLE_ENDIAN)
                  .putLong(0, Long.MAX_VALUE)
                  .array());
      case "SHAPE" -> Files.write(model, withHeader(whole, "\\[1024,784\\]", "[784,1024]"));
      case "OTHER_MODEL" -> Files.write(model, withHeader(whole, "net.0.weight", "net.9.weight"));
      case "NAN" -> {
        byte[] others = withHeader(whole, "net", "net");
        Files.write(model, withNumber(others, "net.0.bias", 1, Float.NaN));
      }
      case "BIT" -> {
        whole[whole.length / 2] ^= 1;
        Files.write(model, whole);
      }
      case "DUPLICATE" -> Files.write(model, withHeader(whole, "net.2.bias", "net.0.bias"));
      default -> Files.writeString(run.resolve("config.json"), "{\"model\": 3");
    }
    Cli.mistake(Cli.here("evaluate", run.toString(), "--backend", "nd4j"), part);
  }

  @Test
  void trainingSaysHowFarAWaveNetLooksBack() throws Exception {
    Cli cli =
        Cli.here(
            "train wavenet --residual-channels 2 --blocks 1 --backend nd4j --epochs 1 --batch 10 --run"
                .concat(" %s/wave --data %s".formatted(temp, trained.data()))
                .split(" "));
    assertThat(cli.exit()).as(cli.toString()).isZero();
    assertThat(cli.out())
        .contains(
            "receptive field 3 pixels, so the last pixel does not see the first 780 of the 783"
                + " before it");
  }

  @Test
  void aRunFolderThatIsAFileIsRefused() throws Exception {
    Path file = Files.writeString(temp.resolve("file"), "precious");
    Cli.mistake(
        Cli.here("train", "made", "--backend", "nd4j", "--run", file.toString()), "is a file");
    assertThat(file).hasContent("precious");
  }

  @Test
  void aResumedRunKeepsItsSettings() throws Exception {
    String run = trained.copy(temp).toString();
    Cli.mistake(
        Cli.here("train", "made", "--run", run, "--resume", "--lr", "0.5"),
        "--lr 0.5 differs from the run's 0.002");
    Cli.mistake(
        Cli.here("train", "made", "--run", run, "--resume", "--shear", "0.5"),
        "--shear 0.5 differs from the run's 0.0");
  }

  @Test
  void evaluateAsJsonIsOneLineAndNeedsOnlyTestFiles() throws Exception {
    Path data = Files.createDirectory(temp.resolve("test-only"));
    Files.write(data.resolve("t10k-images-idx3-ubyte"), SmallRun.images(0x803, 7, 28));
    Cli cli =
        Cli.run(
            "evaluate",
            trained.folder().toString(),
            "--backend",
            "nd4j", //
            "--data",
            data.toString(),
            "--json");
    assertThat(cli.exit()).as(cli.toString()).isZero();
    assertThat(cli.out()).hasSize(1);
    var json = Json.parse("out", cli.out().getFirst());
    assertThat(json.propertyNames())
        .containsExactly("nll_nats", "standard_error", "bits_per_dim", "images", "protocol");
    assertThat(json.path("standard_error").doubleValue()).isGreaterThanOrEqualTo(0);
    var protocol = json.path("protocol");
    assertThat(protocol.path("binarize").stringValue()).isEqualTo("threshold");
    assertThat(protocol.path("binarizations").intValue()).isOne();
    assertThat(protocol.path("validation_images").intValue()).isEqualTo(2); // an eighth of 20
    assertThat(protocol.path("epoch_chosen_on").stringValue()).isEqualTo("validation");
    assertThat(protocol.path("nll_nats_of_each_binarization").path(0).doubleValue())
        .isEqualTo(json.path("nll_nats").doubleValue());
    assertThat(json.path("images").intValue()).isEqualTo(7);
    double bits = json.path("nll_nats").doubleValue() / (784 * Math.log(2));
    assertThat(json.path("bits_per_dim").doubleValue()).isCloseTo(bits, within(1e-12));
  }

  private static Offset<Double> within(double x) {
    return Offset.offset(x);
  }

  @Test
  void devicesAndHelpWork() throws Exception {
    Cli devices = Cli.run("devices");
    assertThat(devices.exit()).isZero();
    assertThat(String.join("\n", devices.out()))
        .contains("libcuda.so.1", "libcublas", "libcudnn", "auto picks");
    for (String command : new String[] {"train", "sample", "evaluate", "devices"}) {
      Cli help = Cli.here(command, "--help");
      assertThat(help.exit()).isZero();
      assertThat(help.out().getFirst()).startsWith("Usage: hindsight " + command);
    }
  }
}
