package dev.hindsight.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/// A small run to break copies of: 20 images, one epoch.
///
/// @param folder its run folder
/// @param data the IDX files that it was trained on
record SmallRun(Path folder, Path data) {
  static final int IMAGES = 20;

  /// Trains it below a folder.
  static SmallRun train(Path shared, String backend) throws IOException, InterruptedException {
    Path data = Files.createDirectory(shared.resolve("data"));
    for (String split : new String[] {"train", "t10k"}) {
      Files.write(data.resolve(split + "-images-idx3-ubyte"), images(0x803, IMAGES, 28));
      Files.write(data.resolve(split + "-labels-idx1-ubyte"), labels(IMAGES));
    }
    Path folder = shared.resolve("run");
    Cli cli =
        Cli.run(
            "train made --backend %s --epochs 1 --batch 10 --data %s --run %s"
                .formatted(backend, data, folder)
                .split(" "));
    assertThat(cli.exit()).as(cli.toString()).isZero();
    return new SmallRun(folder, data);
  }

  /// A copy that may be broken.
  Path copy(Path temp) throws IOException {
    Path copy = Files.createDirectory(temp.resolve("copy"));
    for (String file :
        new String[] {
          "config.json", "model.safetensors", "optimizer.safetensors", "metrics.jsonl"
        }) {
      Files.copy(folder.resolve(file), copy.resolve(file));
    }
    return copy;
  }

  static byte[] images(int magic, int count, int side) throws IOException {
    var out = new ByteArrayOutputStream();
    out.write(
        ByteBuffer.allocate(16).putInt(magic).putInt(count).putInt(side).putInt(side).array());
    byte[] pixels = new byte[count * side * side];
    for (int k = 0; k < pixels.length; k++) {
      pixels[k] = (byte) (k % 7 == 0 ? 255 : 0);
    }
    out.write(pixels);
    return out.toByteArray();
  }

  static byte[] labels(int count) {
    return ByteBuffer.allocate(8 + count).putInt(0x801).putInt(count).array();
  }
}
