package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Activation;
import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.Precision;
import dev.hindsight.backend.Taps;
import dev.hindsight.bench.vendor.DenseLayer.Layer;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.catalogue.OpCase;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Which calls of which library stand for an op.
///
/// @param blas null where there is none
/// @param cudnn null where there is none
record VendorCalls(Backend backend, @Nullable Blas blas, @Nullable Cudnn cudnn) {

  /// The library that has an op; null where none has.
  static @Nullable String library(String op) {
    return switch (op) {
      case "linear", "linearGelu", "linearAdd", "maskedLinear" -> "cuBLAS";
      case "causalConv1d", "maskedConv2d", "triangularSoftmax", "lstm", "causalAttention" ->
          "cuDNN";
      default -> null;
    };
  }

  boolean has(String library) {
    return (library.equals("cuBLAS") ? blas : cudnn) != null;
  }

  Precision precision(String op) {
    return switch (op) {
      case "triangularSoftmax", "lstm" -> Precision.FP32; // theirs; ours of bf16 read half as much
      default -> backend.precision();
    };
  }

  /// In the place of the forward phase of a case.
  ///
  /// @throws VendorException where the library cannot do it
  VendorCall forward(OpCall op, OpCase opCase, CaseTensors tensors, Scope scope) {
    return switch (op.op()) {
      case "linear" -> {
        Tensor y = op.argument(4, Tensor.class);
        yield dense(op, scope, null, op.argument(3, Activation.class), y);
      }
      case "linearGelu" ->
          dense(op, scope, null, Activation.IDENTITY, op.argument(3, Tensor.class)); // before GELU
      case "linearAdd" -> {
        Tensor residual = op.argument(3, Tensor.class);
        yield dense(op, scope, residual, Activation.IDENTITY, op.argument(4, Tensor.class));
      }
      case "maskedLinear" -> {
        Activation f = op.argument(4, Activation.class);
        Layer layer = layer(op, null, f, op.argument(7, Tensor.class));
        yield MaskedLayer.of(backend, scope, open(blas), op.argument(3, Degrees.class), layer);
      }
      case "causalConv1d", "maskedConv2d" ->
          CudnnConvolution.fastest(
              backend,
              scope,
              open(cudnn),
              convolution(op, backend),
              op.argument(2, Tensor.class),
              op.argument(4, Tensor.class));
      case "triangularSoftmax" ->
          new CudnnSoftmax(
              backend,
              scope,
              open(cudnn),
              x(op),
              op.argument(1, Float.class),
              op.argument(2, Tensor.class));
      case "lstm" ->
          new CudnnLstm(
              new LstmSetup(backend, scope, open(cudnn), tensors),
              () -> opCase.forward().run(backend, tensors::get));
      case "causalAttention" ->
          new CudnnAttention(
              new AttentionSetup(
                  backend, scope, open(cudnn), op.argument(1, Integer.class), tensors));
      default -> throw new IllegalArgumentException("no library for " + op.op());
    };
  }

  /// In the place of the backward phase of a case, on tensors of its own: timed calls have added to
  /// the gradients of the case, and some have used up what forward kept.
  ///
  /// @param op of the forward phase
  /// @throws VendorException where the library cannot do it
  VendorCall backward(OpCall op, OpCase opCase, Scope scope) {
    return switch (op.op()) {
      case "linear", "linearGelu", "linearAdd" ->
          DenseGradients.of(backend, scope, open(blas), once(opCase, scope, "dx", "dw"));
      case "maskedLinear" ->
          MaskedGradients.of(
              backend,
              scope,
              open(blas),
              op.argument(3, Degrees.class),
              once(opCase, scope, "dx", "dw"));
      case "causalConv1d", "maskedConv2d" ->
          CudnnConvolutionGradients.fastest(
              backend,
              scope,
              open(cudnn),
              convolution(op, backend),
              once(opCase, scope, "dx", "dw"));
      case "triangularSoftmax" ->
          new CudnnSoftmaxGradient(
              backend,
              scope,
              open(cudnn),
              op.argument(1, Float.class),
              once(opCase, scope, "dscores"));
      case "lstm" -> {
        var tensors = new CaseTensors(backend, scope, opCase);
        var setup = new LstmSetup(backend, scope, open(cudnn), tensors);
        yield new CudnnLstmGradients(setup, scope, opCase);
      }
      case "causalAttention" -> {
        CaseTensors tensors = once(opCase, scope, "dqkv");
        int heads = op.argument(1, Integer.class);
        yield new CudnnAttentionGradients(
            new AttentionSetup(backend, scope, open(cudnn), heads, tensors), scope);
      }
      default -> throw new IllegalArgumentException("no library for " + op.op());
    };
  }

  /// A case of which each phase has run once, its gradients from 0.
  private CaseTensors once(OpCase opCase, Scope scope, String... gradients) {
    var tensors = new CaseTensors(backend, scope, opCase);
    for (String gradient : gradients) {
      backend.fill(tensors.get(gradient), 0);
    }
    opCase.forward().run(backend, tensors::get);
    Objects.requireNonNull(opCase.backward()).run(backend, tensors::get);
    return tensors;
  }

  private static <T> T open(@Nullable T library) {
    if (library == null) {
      throw new IllegalStateException("asked a library that is not open");
    }
    return library;
  }

  private static Tensor x(OpCall op) {
    return op.argument(0, Tensor.class);
  }

  private static Tensor w(OpCall op) {
    return op.argument(1, Tensor.class);
  }

  private static Layer layer(OpCall op, @Nullable Tensor residual, Activation f, Tensor result) {
    return new Layer(x(op), w(op), op.argument(2, Tensor.class), residual, f, result);
  }

  private VendorCall dense(
      OpCall op, Scope scope, @Nullable Tensor residual, Activation f, Tensor result) {
    return DenseLayer.of(backend, scope, open(blas), layer(op, residual, f, result));
  }

  /// What a call of either convolution is as a dense one.
  static Convolution convolution(OpCall op, Backend backend) {
    float[] xs = backend.readFloats(x(op));
    float[] ws = backend.readFloats(w(op));
    return op.op().equals("causalConv1d")
        ? Convolution.causal(x(op), w(op), op.argument(3, Integer.class), xs, ws)
        : Convolution.masked(x(op), w(op), op.argument(3, Taps.class), xs, ws);
  }
}
