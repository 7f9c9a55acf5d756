package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.image.ImageShape;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.train.Arithmetic;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunData;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.ParseResult;

/// The command that a stopped training prints does what the stopped one did.
class ResumeCommandTest {
  private static RunConfig config(String backend, String precision) {
    return new RunConfig(
        "test",
        new LstmConfig(ImageShape.MNIST, 4, 1),
        "base",
        Recipe.of(1, 10, 1e-3f).startingFromMeans(),
        new RunData("mnist10k", "", 0),
        0,
        new Arithmetic(backend, precision, 1, List.of()));
  }

  private static Object parsed(String line) {
    ParseResult result = Main.commandLine().parseArgs(line.split(" "));
    return result.subcommand().commandSpec().userObject();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train lstm | cpu | fp32 | --backend cpu",
        "train lstm --hidden 4 --batch 10 --preset base | cpu | fp32 | --backend cpu",
        "train lstm --backend cuda --device software | cuda | fp32 | --backend cuda --device"
            + " software",
        "train lstm --device gpu --precision bf16 | cuda | bf16"
            + "| --backend cuda --precision bf16 --device gpu",
        "train lstm --epochs 3 --checkpoint-every 40 --no-graph --allow-other-bits | cpu | fp32"
            + "| --backend cpu --epochs 3 --checkpoint-every 40 --no-graph --allow-other-bits",
        "train lstm --cluster local[2] --workers 2 --exchange TCP --conf spark.a=b --conf spark.c=d"
            + "| cpu | fp32 | --backend cpu --cluster 'local[2]' --workers 2 --exchange TCP"
            + " --conf spark.a=b --conf spark.c=d",
      })
  void ofTrain(String line, String backend, String precision, String wanted) {
    TrainCommand command = (TrainCommand) parsed(line);
    String back = command.resumeCommand(config(backend, precision), Path.of("two words"));
    assertThat(back).isEqualTo("train lstm --run 'two words' --resume " + wanted);
  }
}
