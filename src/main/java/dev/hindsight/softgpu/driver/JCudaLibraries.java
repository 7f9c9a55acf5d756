package dev.hindsight.softgpu.driver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Loads JCuda's native library from a fresh folder that nobody else can write to. Left alone,
/// JCuda unpacks it into `java.io.tmpdir` and trusts whatever file of that name is there already.
final class JCudaLibraries {
  private static final String TEMPORARY = "java.io.tmpdir";

  private JCudaLibraries() {}

  /// Initialises JCuda's driver class.
  static void load() {
    String before = System.getProperty(TEMPORARY);
    try {
      Path folder = Files.createTempDirectory(PrivateFolder.inCache("jcuda"), "load");
      try {
        System.setProperty(TEMPORARY, folder.toString());
        Class.forName("jcuda.driver.JCudaDriver");
      } finally {
        System.setProperty(TEMPORARY, before);
        PrivateFolder.delete(folder); // what is loaded stays mapped
      }
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("software GPU: JCuda is not on the class path", e);
    } catch (IOException e) {
      throw new IllegalStateException("software GPU: no folder for JCuda: " + e.getMessage(), e);
    }
  }
}
