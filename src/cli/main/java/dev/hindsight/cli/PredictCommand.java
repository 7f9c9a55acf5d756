package dev.hindsight.cli;

import dev.hindsight.backend.Precision;
import dev.hindsight.data.Dataset;
import dev.hindsight.data.Datasets;
import dev.hindsight.data.Noise;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Json;
import dev.hindsight.model.Head;
import dev.hindsight.model.ModelConfig;
import dev.hindsight.predict.DrawPrediction;
import dev.hindsight.predict.GpuRates;
import dev.hindsight.predict.Measured;
import dev.hindsight.predict.Prediction;
import dev.hindsight.predict.StepPrediction;
import dev.hindsight.sample.BatchSampler;
import dev.hindsight.train.BuiltInModel;
import dev.hindsight.train.Preset;
import dev.hindsight.train.Sizes;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "predict",
    description = {
      "Predicts how long a training step takes on a GPU that is not here, and "
          + "what limits each op; with --draw, how long drawing images takes.",
      "The predictions follow from counts of the software GPU, machine code and "
          + "published rates; see docs/prediction.md. Nothing is measured.",
      ""
    })
final class PredictCommand extends CliCommand {
  @Parameters(
      paramLabel = "MODEL",
      completionCandidates = ModelNames.class,
      description = "${COMPLETION-CANDIDATES}.")
  private String model = "";

  @Option(
      names = "--gpu",
      paramLabel = "NAME",
      required = true,
      description = "H100 (SXM), A100 (80 GB), \"RTX 4090\" or T4.")
  private String gpu = "";

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      description = "Precision of matrix products: fp32, tf32 or bf16. Default: fp32.")
  private @Nullable String precision;

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description = "base, hour, best or reference. Default: reference.")
  private String preset = "reference";

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Images per step. Default: the preset's.")
  private @Nullable Integer batch;

  @Option(
      names = "--draw",
      paramLabel = "N",
      description =
          "Predict drawing N images in one launch (at most 256, in fp32), phase by "
              + "phase, instead of a training step. For wavenet, pixelcnn, gated-pixelcnn, "
              + "transformer, and an lstm of one layer.")
  private @Nullable Integer draw;

  @Option(
      names = "--shape",
      paramLabel = "HxWxC",
      description =
          "Images of this height, width and channels, of 256 levels, such as 32x32x3. Default: binary"
              + " digits, 28x28.")
  private @Nullable String shape;

  @Option(
      names = "--constants",
      paramLabel = "FILE",
      description = "What 'bench --constants FILE' measured on such a GPU, instead of assumptions.")
  private @Nullable Path constants;

  @Option(names = "--json", description = "Print the total alone, as one JSON object.")
  private boolean json;

  @Mixin private SizeOptions sizes = new SizeOptions();

  @Override
  public Integer call() {
    GpuRates rates = GpuRates.named(gpu);
    if (constants != null) {
      rates = rates.with(Measured.read(constants));
    }
    if (draw != null) {
      predictDrawing(draw, rates);
      return 0;
    }
    Precision chosen = precision == null ? Precision.FP32 : Precision.of(precision);
    rates.require(chosen);
    if (batch != null) {
      StepPrediction.requireBatch(batch);
    }
    ModelConfig config = config();
    Preset of = BuiltInModel.labelled(model).preset(preset);
    int images = batch == null ? of.recipe().batch() : batch;
    print(StepPrediction.of(model, preset, config, of.recipe(), images, chosen, rates));
    return 0;
  }

  private void predictDrawing(int images, GpuRates rates) {
    if (images < 1 || images > BatchSampler.LARGEST_BATCH) {
      throw new UserException(
          "--draw must be from 1 to %d, the most that one launch draws, but is %d"
              .formatted(BatchSampler.LARGEST_BATCH, images));
    }
    requireOfStep("--batch", batch);
    requireOfStep("--precision", precision);
    ModelConfig config = config();
    print(DrawPrediction.of(model, preset, config, images, rates));
  }

  private static void requireOfStep(String option, @Nullable Object given) {
    if (given != null) {
      throw new UserException(
          option + " applies to a training step, not to --draw; leave out one of them");
    }
  }

  private ModelConfig config() {
    Dataset data = shape == null ? Datasets.open(Datasets.EMBEDDED, Split.TRAIN) : Noise.of(shape);
    Sizes given = sizes.sizes();
    Preset of = BuiltInModel.labelled(model).preset(preset);
    return of.fit(data.shape(), of.images(), Head.of(data.shape()), given).config(given, data, 0);
  }

  private void print(Prediction prediction) {
    PrintWriter out = out();
    out.println(json ? Json.line(prediction.row()) : prediction.table());
  }
}
