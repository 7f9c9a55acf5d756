package dev.hindsight.backend.nd4j;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.ReferenceProvider;
import dev.hindsight.backend.RequiredLibrary;
import dev.hindsight.tensor.ElementType;
import org.jspecify.annotations.Nullable;

/// Finds `nd4j`, which whoever wants it adds to the class path.
public final class Nd4jProvider implements ReferenceProvider {
  private static final RequiredLibrary ND4J =
      new RequiredLibrary("org/nd4j/linalg/factory/Nd4j.class", "org.nd4j:nd4j-native");

  static {
    // JavaCPP would ask the system for the size of the process at each of ND4J's allocations.
    System.getProperties().putIfAbsent("org.bytedeco.javacpp.maxPhysicalBytes", "0");
  }

  @Override
  public String name() {
    return "nd4j";
  }

  @Override
  public @Nullable String missing() {
    return ND4J.missingFor(name());
  }

  @Override
  public Backend open(Precision precision) {
    return Nd4jBackend.inFloat();
  }

  @Override
  public Backend openInDouble() {
    return Nd4jBackend.inDouble();
  }

  @Override
  public Backend openInFloat(ElementType storage) {
    return Nd4jBackend.inFloat(storage);
  }
}
