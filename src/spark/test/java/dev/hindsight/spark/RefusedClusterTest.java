package dev.hindsight.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hindsight.data.Datasets;
import dev.hindsight.image.ImageShape;
import dev.hindsight.model.lstm.LstmConfig;
import dev.hindsight.testing.Runs;
import dev.hindsight.train.Recipe;
import dev.hindsight.train.RunConfig;
import dev.hindsight.train.RunData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A command that a cluster cannot do is refused in one line with exit code 2, and nothing is left
/// behind.
class RefusedClusterTest {
  @TempDir private Path temp;

  private List<String> left() throws IOException {
    try (Stream<Path> files = Files.walk(temp)) {
      return files.filter(file -> !file.equals(temp)).map(Path::toString).toList();
    }
  }

  private void refused(String wanted, String line) throws IOException {
    List<String> before = left();
    Command.run(line).mistake(wanted);
    assertThat(left()).isEqualTo(before);
  }

  private String train(String words) {
    return "train made --run %s %s".formatted(temp.resolve("runs/made"), words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--cluster spark://127.0.0.1:1 | no Spark master answers",
        "--cluster spark://no-such-host.invalid:7077 | unknown host no-such-host.invalid",
        "--cluster spark://127.0.0.1 | wanted spark://HOST:PORT",
        "--cluster nowhere | --cluster nowhere: unknown kind of cluster; wanted spark://HOST:PORT",
        "--cluster yarn | needs the jars of a full Spark; start it with spark-submit",
        "--cluster k8s://127.0.0.1:1 | needs the jars of a full Spark",
        "--cluster local[2] --workers 3 | --workers must be a power of two but is 3; 2 would do",
        "--cluster local[2] --workers 0 | --workers must be a power of two but is 0; 1 would do",
        "--cluster local[2] --workers 16 | --workers 16 is more than the 8 shards of a batch",
        "--cluster local[2] --shards 3 | --shards must be a power of two from 1 to 1024 but is 3",
        "--cluster local[2] --batch 8000 --shards 16 | a batch of 7000 images cannot be cut into"
            + " 16",
        "--cluster local[2] --batch 20 | a batch of 20 images cannot be cut into 8 equal shards",
        "--cluster local[2] --conf spark.dynamicAllocation.enabled=true"
            + "| spark.dynamicAllocation.enabled is on",
        "--cluster local[2] --conf executor.memory=4g | Spark settings start with 'spark.'",
        "--cluster local[2] --conf spark.task.cpus=many | Spark does not start (",
        "--cluster local[2] --checkpoint-every 0 | --checkpoint-every must be at least 1 but is 0",
        "--cluster local[2] --device software | --device software runs on this machine only",
        "--cluster local[2] --data no-such-folder | no-such-folder",
        "--workers 2 | --workers needs --cluster; add that, or leave it out",
        "--exchange tcp | --exchange needs --cluster; add that, or leave it out",
        "--secret file | --secret needs --cluster; add that, or leave it out",
        "--conf spark.a=b | --conf needs --cluster; add that, or leave it out",
      })
  void training(String words, String wanted) throws IOException {
    refused(wanted, train(words));
  }

  @Test
  @Tag("slow")
  void tooFewSlots() throws IOException {
    refused(
        "--workers 4: the cluster has 2 slots; give --workers 2, or add machines",
        train("--cluster local[2] --workers 4"));
  }

  /// What an executor finds wrong is no failure of the cluster's, and is not tried four times.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--precision tf32 | tf32 is not for backend cpu, only for cuda; leave --precision out",
        "--exchange nccl --workers 2 | executor driver on 127.0.0.1 runs on cpu, but NCCL needs"
            + " GPUs; or give --exchange tcp"
      })
  @Tag("slow")
  void anExecutorThatCannotDoWhatIsAsked(String words, String wanted) throws IOException {
    refused(wanted, train("--cluster local[2] --backend cpu " + words));
  }

  @Test
  void aFolderThatCannotBeWritten() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "mine");
    String line = "train made --cluster local[2] --run ";
    refused("file: is a file", line + file);
    refused("the run folder cannot be made", line + file.resolve("runs/made"));
    assertThat(file).hasContent("mine");
  }

  /// Where nothing is trained no batch is cut, so shards bound no workers.
  @Test
  void moreWorkersThanShards() throws IOException {
    Recipe recipe = Recipe.of(1, 10, 1e-3f).startingFromMeans();
    RunData data = new RunData(Datasets.EMBEDDED, "", 0);
    RunConfig config = Runs.config(new LstmConfig(ImageShape.MNIST, 4, 1), recipe, data);
    Path run = Files.createDirectory(temp.resolve("run"));
    Files.write(run.resolve("config.json"), config.toJson());
    for (String command : List.of("devices", "evaluate " + run, "sample " + run)) {
      String line = command + " --cluster nowhere --workers ";
      assertThat(Command.run(line + 16).err())
          .contains("--cluster nowhere: unknown kind of cluster");
      assertThat(Command.run(line + 3).err())
          .contains("--workers must be a power of two but is 3; 2 would do");
    }
  }

  @Test
  void otherCommands() throws IOException {
    for (String command :
        List.of("devices", "compare --models=made --out=" + temp.resolve("out"))) {
      refused("--cluster nowhere: unknown kind", command + " --cluster nowhere");
    }
  }
}
