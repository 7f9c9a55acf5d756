package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Backends;
import dev.hindsight.format.Json;
import dev.hindsight.model.AutoregressiveModel;
import dev.hindsight.testing.IdxBytes;
import dev.hindsight.train.Models;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every mistake gets one line that names what was found and what to do, and exit code 2.
@Tag("slow")
class CliErrorsTest extends TrainedRun {
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
        "train lstm --symmetries 3|--symmetries must be 2, 4 or 8 but is 3",
        "train lstm --symmetries 2 --classes|give one of the two",
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
    Cli.here(line).mistake(part);
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
    Cli.here("train made --run %s", name).mistake("option '--run'" + wrong);
    Cli.here("sample %s", name).mistake("parameter at index 0 (RUN)" + wrong);
  }

  @Test
  void withoutACommandTheHelpIsPrinted() {
    Cli bare = Cli.of().ok();
    assertThat(bare.err()).isEmpty();
    assertThat(bare.out()).contains("\n  train ", "\n  spark ");
  }

  @Test
  void whatIsRepeatedIsShortAndWithoutControls() {
    Cli.here("train made --data %s", "/no/\u001b[31mfolder\nhere")
        .mistake("/no/?[31mfolder here: no such folder");
    Cli.here("train made --epochs \u001b[31m9").mistake("'?[31m9' is not an int");
    Cli cli = Cli.here("train made --epochs " + "9".repeat(100_000));
    cli.mistake("characters left out", "is not an int; see hindsight train --help");
    assertThat(cli.err()).hasSizeLessThan(1300);
  }

  /// As the command is started.
  @ParameterizedTest
  @CsvSource({
    "train made --batch -3, --batch must be at least 1 but is -3",
    "train made --frobnicate, Unknown option: '--frobnicate'; see hindsight train --help",
  })
  void aMistakeEndsTheProcess(String line, String part) throws Exception {
    Cli.run(line).mistake(part);
  }

  /// In a process of its own: in one that has opened the software GPU, that would be the GPU.
  @Test
  void aBackendThatCannotOpenIsOneLineAndExitCode1() throws Exception {
    Cli.run("train made --backend cuda --run %s", temp.resolve("run"))
        .failed(1, "hindsight: cuda: ", "--backend cpu");
    assertThat(temp.resolve("run")).doesNotExist();
  }

  @Test
  void aTrainingThatCannotBeginLeavesNoFolder() {
    Cli.here("train made --optimizer muon --backend cpu --run %s", temp.resolve("new/run"))
        .mistake("--optimizer muon is for weights without a mask");
    assertThat(temp).isEmptyDirectory();
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
    byte[] whole = IdxBytes.images(20);
    if (!fault.equals("EMPTY")) {
      Files.write(labels, IdxBytes.labels(fault.equals("LABELS") ? 19 : 20));
      ByteBuffer header = ByteBuffer.wrap(whole);
      switch (fault) {
        case "MAGIC" -> header.putInt(0x1234);
        case "SIDE" -> header.putLong(8, 0);
        case "TRUNCATED" -> whole = Arrays.copyOf(whole, whole.length - 100);
        default -> {}
      }
      Files.write(images, whole);
    }
    Cli.here("train made --backend cpu --data %s", data).mistake(part);
  }

  @Test
  void aResultThatIsNoNumberFails() throws IOException {
    Path run = TinyRun.copy(trained, temp.resolve("copy"));
    try (Backend backend = Backends.open("cpu");
        AutoregressiveModel model = Models.open(backend, run)) {
      float[] biases = backend.readFloats(model.outputBias().value());
      Arrays.fill(biases, 1, 3, Float.MAX_VALUE); // of pixels that are black; their sum is infinite
      model.parameters().write(model.outputBias(), biases);
      Models.save(backend, model, run.resolve("model.safetensors"));
    }
    for (String more : List.of("", " --json")) {
      Cli cli = Cli.here("evaluate %s --backend cpu" + more, run);
      cli.failed(1, run + ": its weights give ", " nats per image; use another run or train again");
      assertThat(cli.out()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "weights cut, model.safetensors",
    "weights of another shape, model.safetensors",
    "weights of another name, of another model",
    "weights twice, net.0.bias",
    "weights infinite, has Infinity at element",
    "weights bit, damaged: its SHA-256 is",
    "config cut, config.json",
  })
  void aDamagedCheckpoint(String fault, String part) throws IOException {
    Path run = TinyRun.copy(trained, temp.resolve("copy"));
    RunFaults.put(fault, run);
    Cli.here("evaluate %s --backend cpu", run).mistake(part);
  }

  @Test
  void trainingSaysHowFarAWaveNetLooksBack() {
    String line = "train wavenet --residual-channels 2 --blocks 1 --backend cpu --epochs 1";
    Cli cli =
        Cli.here(
            line + " --batch 10 --run %s --data %s", temp.resolve("wave"), shared.resolve("data"));
    assertThat(cli.ok().lines())
        .contains(
            "receptive field 3 pixels, so the last pixel does not see the first 780 of the 783"
                + " before it");
  }

  @Test
  void aRunFolderThatIsAFileIsRefused() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "precious");
    Cli.here("train made --backend cpu --run %s", file).mistake("is a file");
    assertThat(file).hasContent("precious");
  }

  @Test
  void aResumedRunKeepsItsSettings() {
    String line = "train made --run %s --resume ";
    Cli.here(line + "--lr 0.5", trained).mistake("--lr 0.5 differs from the run's 0.001");
    Cli.here(line + "--shear 0.5", trained).mistake("--shear 0.5 differs from the run's 0.0");
  }

  @Test
  void evaluateAsJsonIsOneLineAndNeedsOnlyTestFiles() throws Exception {
    Path data = Files.createDirectory(temp.resolve("test-only"));
    Files.write(data.resolve("t10k-images-idx3-ubyte"), IdxBytes.images(7));
    Cli cli = Cli.run("evaluate %s --backend cpu --data %s --json", trained, data).ok();
    assertThat(cli.lines()).hasSize(1);
    var json = Json.parse("out", cli.out());
    assertThat(json.propertyNames())
        .containsExactly("nll_nats", "standard_error", "bits_per_dim", "images", "protocol");
    assertThat(json.path("standard_error").doubleValue()).isGreaterThanOrEqualTo(0);
    var protocol = json.path("protocol");
    assertThat(protocol.path("binarize").stringValue()).isEqualTo("threshold");
    assertThat(protocol.path("binarizations").intValue()).isOne();
    assertThat(protocol.path("validation_images").intValue()).isZero();
    assertThat(protocol.path("epoch_chosen_on").stringValue()).isEqualTo("test");
    assertThat(protocol.path("nll_nats_of_each_binarization").path(0).doubleValue())
        .isEqualTo(json.path("nll_nats").doubleValue());
    assertThat(json.path("images").intValue()).isEqualTo(7);
    double bits = json.path("nll_nats").doubleValue() / (784 * Math.log(2));
    assertThat(json.path("bits_per_dim").doubleValue()).isCloseTo(bits, within(1e-12));
  }

  @Test
  void devicesAndHelpWork() throws Exception {
    assertThat(Cli.run("devices").ok().out())
        .contains("libcuda.so.1", "libcublas", "libcudnn", "auto picks");
    for (String command : List.of("train", "sample", "evaluate", "devices")) {
      assertThat(Cli.here(command + " --help").ok().out())
          .startsWith("Usage: hindsight " + command);
    }
  }
}
