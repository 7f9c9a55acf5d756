package dev.hindsight.backend;

import dev.hindsight.backend.draw.Sampling;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Stream;

/// The ops of a backend, an object for each family. A family has one name everywhere: `Gate` here,
/// `gate.cu`, `CudaGate`, `CpuGate`, `Nd4jGate`, `GateOps` and `GateCases`.
public record Families(
    Linear linear,
    MaskedLinear maskedLinear,
    CausalConv1d causalConv1d,
    ResidualBlock residualBlock,
    MaskedConv2d maskedConv2d,
    GatedBlock gatedBlock,
    Gate gate,
    LayerNorm layerNorm,
    CausalAttention causalAttention,
    Lstm lstm,
    LstmCell lstmCell,
    SwapAxes swapAxes,
    Permute permute,
    PreviousPixel previousPixel,
    EmbedPrevious embedPrevious,
    Activate activate,
    Add add,
    ClassBias classBias,
    Rescale rescale,
    Dropout dropout,
    SigmoidCrossEntropy sigmoidCrossEntropy,
    SoftmaxCrossEntropy softmaxCrossEntropy,
    LogisticMixture logisticMixture,
    Adam adam,
    Muon muon,
    Ema ema,
    Bernoulli bernoulli,
    Categorical categorical,
    Sampling sampling) {
  /// Of an object for each family's interface.
  public static Families of(Function<Class<?>, Object> make) {
    try {
      return Families.class
          .getDeclaredConstructor(interfaces().toArray(Class<?>[]::new))
          .newInstance(interfaces().map(make).toArray());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e); // it is this record's own
    }
  }

  /// One for each family, in the order of this record.
  public static Stream<Class<?>> interfaces() {
    return Arrays.stream(Families.class.getRecordComponents()).map(RecordComponent::getType);
  }

  /// Whether a method of [Backend] gives a family, such as [Backend#gate]: for what watches calls
  /// through a proxy.
  public static boolean isFamily(Method method) {
    Class<?> type = method.getReturnType();
    return method.getParameterCount() == 0
        && type.isInterface()
        && type.getPackageName().startsWith(Backend.class.getPackageName());
  }

  /// What the catalogue calls an op, in Java's case: `linear`, `linearBackward`, `linearGelu`.
  ///
  /// @param family name of the method that gives the family; anything for an op of [Backend] itself
  public static String opName(String family, Method op) {
    return switch (op.getName()) {
      case "forward", "step", "draw" -> family;
      case "backward" -> family + "Backward";
      default -> op.getName();
    };
  }
}
