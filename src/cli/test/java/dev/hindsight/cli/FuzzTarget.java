package dev.hindsight.cli;

import dev.hindsight.data.Datasets;
import dev.hindsight.data.Split;
import dev.hindsight.error.UserException;
import dev.hindsight.format.Safetensors.StoredTensor;
import dev.hindsight.format.SafetensorsReader;
import dev.hindsight.image.ImageShape;
import dev.hindsight.quality.Quality;
import dev.hindsight.softgpu.base.Options;
import dev.hindsight.softgpu.base.OutOfDeviceMemory;
import dev.hindsight.softgpu.device.SimulatedDevice;
import dev.hindsight.softgpu.ptx.PtxException;
import dev.hindsight.testing.IdxBytes;
import dev.hindsight.train.Metrics;
import dev.hindsight.train.RunConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/// What reads bytes that others wrote. Each takes any bytes, or refuses them in words.
enum FuzzTarget {
  /// A file of images or labels, plain or gzipped.
  IDX {
    private static final int LABELS = 0x01; // the last byte of the magic number

    @Override
    void read(byte[] bytes, Path folder) throws IOException {
      String gz = bytes.length > 0 && bytes[0] == GZIP ? ".gz" : "";
      boolean labels = bytes.length > 3 && bytes[3] == LABELS;
      if (labels) {
        Files.write(folder.resolve("t10k-images-idx3-ubyte"), IdxBytes.images(2));
      }
      String name = labels ? "t10k-labels-idx1-ubyte" : "t10k-images-idx3-ubyte" + gz;
      Files.write(folder.resolve(name), bytes);
      refusing(() -> Datasets.open(folder.toString(), Split.TEST));
    }
  },

  /// An array of NumPy, or a zip of some.
  NUMPY {
    private static final int ZIP = 'P';

    @Override
    void read(byte[] bytes, Path folder) throws IOException {
      boolean zip = bytes.length > 0 && bytes[0] == ZIP;
      Path file = Files.write(folder.resolve(zip ? "a.npz" : "a.npy"), bytes);
      refusing(() -> Datasets.open(file.toString(), Split.TEST));
    }
  },

  /// A batch of CIFAR-10 or, where its length fits, CIFAR-100.
  CIFAR {
    private static final int HUNDRED = 3074; // bytes of an image

    @Override
    void read(byte[] bytes, Path folder) throws IOException {
      String name = bytes.length % HUNDRED == 0 ? "test.bin" : "test_batch.bin";
      String gz = bytes.length > 0 && bytes[0] == GZIP ? ".gz" : "";
      Files.write(folder.resolve(name + gz), bytes);
      refusing(() -> Datasets.open(folder.toString(), Split.TEST));
    }
  },

  /// Header and numbers.
  SAFETENSORS {
    @Override
    void read(byte[] bytes, Path folder) throws IOException {
      Path file = Files.write(folder.resolve("model.safetensors"), bytes);
      refusing(
          () -> {
            try (SafetensorsReader reader = SafetensorsReader.open(file)) {
              reader.entries().forEach((name, tensor) -> numbers(reader, name, tensor));
              requireNoGaps(reader.entries().values());
            }
          });
    }

    // Whatever a header says.
    private static void requireNoGaps(Collection<StoredTensor> tensors) {
      long next = 0;
      for (StoredTensor tensor : tensors) {
        if (tensor.begin() != next) {
          throw new AssertionError("a tensor begins at %d".formatted(tensor.begin()));
        }
        next = tensor.end();
      }
    }

    private static void numbers(SafetensorsReader reader, String name, StoredTensor tensor) {
      switch (tensor.type()) {
        case F32, F16, BF16 ->
            reader.finiteFloats(name, tensor.shape(), new float[tensor.count()], 0);
        case F64 -> reader.doubles(name, tensor.shape());
        case I32 -> reader.ints(name, tensor.shape());
        case I64 -> reader.longs(name, tensor.shape());
      }
    }
  },

  CONFIG {
    @Override
    void read(byte[] bytes, Path folder) throws IOException {
      Path file = Files.write(folder.resolve("config.json"), bytes);
      refusing(() -> RunConfig.read(file));
    }
  },

  METRICS {
    @Override
    void read(byte[] bytes, Path folder) throws IOException {
      Path file = Files.write(folder.resolve("metrics.jsonl"), bytes);
      refusing(() -> Metrics.read(file));
    }
  },

  QUALITY {
    @Override
    void read(byte[] bytes, Path folder) throws IOException {
      Path file = Files.write(folder.resolve("quality.json"), bytes);
      refusing(() -> Quality.read(file));
    }
  },

  /// Up to a loaded module; nothing is launched.
  PTX {
    @Override
    void read(byte[] bytes, Path folder) {
      String text = new String(bytes, StandardCharsets.UTF_8);
      try {
        new SimulatedDevice(Options.standard()).load(text, "fuzz");
      } catch (PtxException | OutOfDeviceMemory _) {
        // in words
      }
    }
  },

  /// PNG, JPEG, GIF or BMP, as of a folder too.
  GIVEN {
    @Override
    void read(byte[] bytes, Path folder) throws IOException {
      Path file = Files.write(folder.resolve("given"), bytes);
      refusing(() -> GivenImagesTest.read(List.of(file), ImageShape.MNIST));
    }
  },

  /// A command line, a word a line; it is read and not run.
  OPTIONS {
    private static final CommandLine LINE = Main.commandLine(); // longer to make than to read

    // picocli reads it. Where Jazzer does not see that, every line looks alike.
    @Override
    List<String> watched() {
      return List.of(OURS, "picocli.**");
    }

    @Override
    void read(byte[] bytes, Path folder) {
      String[] words = new String(bytes, StandardCharsets.UTF_8).lines().toArray(String[]::new);
      try {
        LINE.parseArgs(words);
      } catch (ParameterException | UserException _) {
        // in words
      }
    }
  };

  private static final String OURS = "dev.hindsight.**";
  private static final int GZIP = 0x1f; // the first byte

  /// The classes whose branches lead Jazzer to its next inputs.
  List<String> watched() {
    return List.of(OURS);
  }

  /// @param folder an empty one
  abstract void read(byte[] bytes, Path folder) throws IOException;

  private static void refusing(Runnable reading) {
    try {
      reading.run();
    } catch (UserException _) {
      // in words
    }
  }
}
