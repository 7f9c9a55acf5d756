package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.bench.vendor.Cudnn.Descriptors;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnDirectionMode;
import jcuda.jcudnn.cudnnDropoutDescriptor;
import jcuda.jcudnn.cudnnForwardMode;
import jcuda.jcudnn.cudnnMathType;
import jcuda.jcudnn.cudnnRNNAlgo;
import jcuda.jcudnn.cudnnRNNBiasMode;
import jcuda.jcudnn.cudnnRNNDataDescriptor;
import jcuda.jcudnn.cudnnRNNDataLayout;
import jcuda.jcudnn.cudnnRNNDescriptor;
import jcuda.jcudnn.cudnnRNNInputMode;
import jcuda.jcudnn.cudnnRNNMode;
import jcuda.jcudnn.cudnnTensorDescriptor;

/// What cuDNN is told of an LSTM in training, over a sequence of single numbers, which is what the
/// model has, in fp32. Ours is given the input's product; cuDNN makes it itself, at a 1/H-th of the
/// recurrence's work.
final class LstmSetup implements AutoCloseable {
  static final int GATES = 4; // i, f, g, o, in cuDNN's order as in ours
  private static final int PACKED = 0; // no padding between sequences of one length

  final Backend backend;
  final Cudnn cudnn;
  final CaseTensors tensors;
  private final Descriptors descriptors = new Descriptors();
  final cudnnRNNDescriptor rnn;
  final cudnnRNNDataDescriptor inputs;
  final cudnnRNNDataDescriptor outputs;
  final cudnnTensorDescriptor state;
  final int steps;
  final int batch;
  final int hidden;
  final Tensor lengths;
  final Tensor x;
  final Tensor y;
  final Tensor firstH;
  final Tensor firstC;
  private final Tensor lastH;
  private final Tensor lastC;
  final Tensor weights;
  final Tensor workspace;
  final Tensor reserve;
  private final float[] inputWeights;
  private final int[] places = new int[2 * GATES];

  /// @param tensors xw (T,B,4H), wh (4H,H), h0, c0 of the case; xw gets other numbers, which are
  ///   the product that cuDNN makes
  LstmSetup(Backend backend, Scope scope, Cudnn cudnn, CaseTensors tensors) {
    this.backend = backend;
    this.cudnn = cudnn;
    this.tensors = tensors;
    Tensor xw = tensors.get("xw");
    steps = xw.dim(0);
    batch = xw.dim(1);
    hidden = xw.dim(2) / GATES;
    rnn = rnn();
    inputs = sequences(1);
    outputs = sequences(hidden);
    state = state();
    x = scope.floats(steps, batch, 1);
    y = scope.zeros(steps, batch, hidden);
    firstH = Numbers.in(backend, scope, ElementType.FP32, tensors.get("h0"));
    firstC = tensors.get("c0");
    lastH = scope.zeros(batch, hidden);
    lastC = scope.zeros(batch, hidden);
    int[] all = new int[batch];
    Arrays.fill(all, steps);
    lengths = Cudnn.integers(backend, scope, all);
    long[] bytes = new long[1];
    Cudnn.check(
        JCudnn.cudnnGetRNNWeightSpaceSize(cudnn.handle(), rnn, bytes),
        "cudnnGetRNNWeightSpaceSize");
    weights = Cudnn.space(scope, bytes[0], "the weights of an LSTM");
    long[] kept = new long[1];
    Cudnn.check(
        JCudnn.cudnnGetRNNTempSpaceSizes(
            cudnn.handle(), rnn, cudnnForwardMode.CUDNN_FWD_MODE_TRAINING, inputs, bytes, kept),
        "cudnnGetRNNTempSpaceSizes");
    workspace = Cudnn.space(scope, bytes[0], "the workspace of an LSTM");
    reserve = Cudnn.space(scope, kept[0], "what an LSTM keeps for backward");
    inputWeights = fill(scope);
  }

  private cudnnRNNDescriptor rnn() {
    cudnnDropoutDescriptor none =
        descriptors.add(
            new cudnnDropoutDescriptor(),
            JCudnn::cudnnCreateDropoutDescriptor,
            JCudnn::cudnnDestroyDropoutDescriptor);
    Cudnn.check(
        JCudnn.cudnnSetDropoutDescriptor(none, cudnn.handle(), 0, new DevicePointer(), 0, 0),
        "cudnnSetDropoutDescriptor");
    cudnnRNNDescriptor made =
        descriptors.add(
            new cudnnRNNDescriptor(),
            JCudnn::cudnnCreateRNNDescriptor,
            JCudnn::cudnnDestroyRNNDescriptor);
    Cudnn.check(
        JCudnn.cudnnSetRNNDescriptor_v8(
            made,
            cudnnRNNAlgo.CUDNN_RNN_ALGO_STANDARD,
            cudnnRNNMode.CUDNN_LSTM,
            cudnnRNNBiasMode.CUDNN_RNN_NO_BIAS,
            cudnnDirectionMode.CUDNN_UNIDIRECTIONAL,
            cudnnRNNInputMode.CUDNN_LINEAR_INPUT,
            cudnnDataType.CUDNN_DATA_FLOAT,
            cudnnDataType.CUDNN_DATA_FLOAT,
            cudnnMathType.CUDNN_FMA_MATH,
            1, // input size
            hidden,
            hidden, // no projection
            1, // layer
            none,
            PACKED),
        "cudnnSetRNNDescriptor_v8");
    return made;
  }

  private cudnnRNNDataDescriptor sequences(int channels) {
    cudnnRNNDataDescriptor made =
        descriptors.add(
            new cudnnRNNDataDescriptor(),
            JCudnn::cudnnCreateRNNDataDescriptor,
            JCudnn::cudnnDestroyRNNDataDescriptor);
    int[] all = new int[batch];
    Arrays.fill(all, steps);
    Cudnn.check(
        JCudnn.cudnnSetRNNDataDescriptor(
            made,
            cudnnDataType.CUDNN_DATA_FLOAT,
            cudnnRNNDataLayout.CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED,
            steps,
            batch,
            channels,
            all,
            Pointer.to(new float[] {0})),
        "cudnnSetRNNDataDescriptor");
    return made;
  }

  private cudnnTensorDescriptor descriptor() {
    return descriptors.add(
        new cudnnTensorDescriptor(),
        JCudnn::cudnnCreateTensorDescriptor,
        JCudnn::cudnnDestroyTensorDescriptor);
  }

  private cudnnTensorDescriptor state() {
    cudnnTensorDescriptor made = descriptor();
    Cudnn.check(
        JCudnn.cudnnSetTensorNdDescriptor(
            made,
            cudnnDataType.CUDNN_DATA_FLOAT,
            3,
            new int[] {1, batch, hidden},
            new int[] {batch * hidden, hidden, 1}),
        "cudnnSetTensorNdDescriptor");
    return made;
  }

  /// Gives both sides the same numbers: a sequence and its weights, and to ours their product.
  private float[] fill(Scope scope) {
    float[] sequence = new float[steps * batch];
    for (int k = 0; k < sequence.length; k++) {
      sequence[k] = k % 7 / 7f - 0.5f;
    }
    backend.write(x, sequence);
    float[] column = new float[GATES * hidden];
    for (int k = 0; k < column.length; k++) {
      column[k] = k % 5 / 5f - 0.4f;
    }
    Tensor wx = scope.floats(column.length);
    backend.write(wx, column);
    float[] products = new float[sequence.length * column.length];
    for (int k = 0; k < products.length; k++) {
      products[k] = sequence[k / column.length] * column[k % column.length];
    }
    backend.write(tensors.get("xw"), products);
    Tensor wh = Numbers.in(backend, scope, ElementType.FP32, tensors.get("wh"));
    for (int gate = 0; gate < GATES; gate++) {
      pack(gate, wx.part((long) gate * hidden, Shape.of(hidden)));
      long rows = (long) gate * hidden * hidden;
      pack(GATES + gate, wh.part(rows, Shape.of(hidden * hidden)));
    }
    return column;
  }

  /// Copies a matrix to where cuDNN wants it: of the input for 0 to 3, of the state for 4 to 7.
  private void pack(int matrix, Tensor values) {
    var at = new DevicePointer();
    Cudnn.check(
        JCudnn.cudnnGetRNNWeightParams(
            cudnn.handle(),
            rnn,
            0, // layer
            weights.size() * Float.BYTES,
            DevicePointer.to(weights),
            matrix,
            descriptor(),
            at,
            descriptor(),
            new DevicePointer()),
        "cudnnGetRNNWeightParams");
    long offset = (at.address() - weights.address()) / Float.BYTES;
    if (offset < 0 || offset + values.size() > weights.size()) {
      throw new VendorException(
          "cuDNN: wanted matrix %d of the LSTM inside of its %d weights, got place %d"
              .formatted(matrix, weights.size(), offset));
    }
    places[matrix] = Math.toIntExact(offset);
    backend.copy(values, weights.part(offset, values.shape()));
  }

  /// Queues cudnnRNNForward.
  void forward() {
    Cudnn.check(
        JCudnn.cudnnRNNForward(
            cudnn.handle(),
            rnn,
            cudnnForwardMode.CUDNN_FWD_MODE_TRAINING,
            DevicePointer.to(lengths),
            inputs,
            DevicePointer.to(x),
            outputs,
            DevicePointer.to(y),
            state,
            DevicePointer.to(firstH),
            DevicePointer.to(lastH),
            state,
            DevicePointer.to(firstC),
            DevicePointer.to(lastC),
            weights.size() * Float.BYTES,
            DevicePointer.to(weights),
            workspace.size() * Float.BYTES,
            DevicePointer.to(workspace),
            reserve.size() * Float.BYTES,
            DevicePointer.to(reserve)),
        "cudnnRNNForward");
  }

  /// The columns of the input's weights, (4H).
  float[] inputWeights() {
    return inputWeights.clone();
  }

  /// The state's part of numbers in the order of cuDNN's weights, (4H,H) as ours.
  float[] ofState(float[] packed) {
    int square = hidden * hidden;
    float[] gates = new float[GATES * square];
    for (int gate = 0; gate < GATES; gate++) {
      System.arraycopy(packed, places[GATES + gate], gates, gate * square, square);
    }
    return gates;
  }

  @Override
  public void close() {
    descriptors.close();
  }
}
