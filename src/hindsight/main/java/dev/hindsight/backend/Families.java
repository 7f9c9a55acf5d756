package dev.hindsight.backend;

/// The ops of a backend, an object for each family. A family has one name everywhere: `Gate` here,
/// `gate.cu`, `CudaGate`, `CpuGate`, `Nd4jGate`, `GateOps` and `GateCases`.
public record Families(
    Linear linear,
    MaskedLinear maskedLinear,
    CausalConv1d causalConv1d,
    ResidualBlock residualBlock,
    MaskedConv2d maskedConv2d,
    Gate gate,
    LayerNorm layerNorm,
    CausalAttention causalAttention,
    Lstm lstm,
    SwapAxes swapAxes,
    PreviousPixel previousPixel,
    EmbedPrevious embedPrevious,
    Activate activate,
    Add add,
    Dropout dropout,
    SigmoidCrossEntropy sigmoidCrossEntropy,
    SoftmaxCrossEntropy softmaxCrossEntropy,
    Adam adam,
    Bernoulli bernoulli,
    Sampling sampling) {}
