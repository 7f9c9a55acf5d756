package dev.hindsight.softgpu.driver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/// Lets JCuda unpack and load its native library, which it does into `java.io.tmpdir` and from
/// there without a look at who wrote it, in a folder that nobody else can write to.
final class JCudaLibraries {
  private static final String TEMPORARY = "java.io.tmpdir";

  private JCudaLibraries() {}

  /// Initialises JCuda's driver class where the class path has one.
  static void load() {
    String before = System.getProperty(TEMPORARY);
    try {
      Path folder = PrivateFolder.inCache("jcuda");
      System.setProperty(TEMPORARY, folder.toString());
      Class.forName("jcuda.driver.JCudaDriver");
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("software GPU: JCuda is not on the class path", e);
    } catch (IOException e) {
      throw new UncheckedIOException("software GPU: no folder for JCuda's native library", e);
    } finally {
      System.setProperty(TEMPORARY, before);
    }
  }
}
