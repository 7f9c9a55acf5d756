package dev.hindsight.bench.vendor;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Precision;
import dev.hindsight.bench.vendor.Cudnn.Descriptors;
import dev.hindsight.catalogue.CaseTensors;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnAttnDescriptor;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnDropoutDescriptor;
import jcuda.jcudnn.cudnnMathType;
import jcuda.jcudnn.cudnnSeqDataAxis;
import jcuda.jcudnn.cudnnSeqDataDescriptor;

/// What cuDNN is told of causal attention in training: no projections, no dropout, and for each
/// position a window that ends with itself.
final class AttentionSetup implements AutoCloseable {
  private static final int ALL_POSITIONS = -1;

  final Backend backend;
  final Cudnn cudnn;
  final AttentionLayout layout;
  final CaseTensors ours;
  final cudnnAttnDescriptor attention;
  final cudnnSeqDataDescriptor sequences;
  final Tensor lengths;
  final Tensor q;
  final Tensor k;
  final Tensor v;
  final Tensor y;
  final long weightBytes;
  final Tensor weights;
  final Tensor workspace;
  final Tensor reserve;
  private final Descriptors descriptors = new Descriptors();

  /// @param ours qkv (B,T,3C) and y (B,T,C) of the case
  AttentionSetup(Backend backend, Scope scope, Cudnn cudnn, int heads, CaseTensors ours) {
    this.backend = backend;
    this.cudnn = cudnn;
    this.ours = ours;
    layout = AttentionLayout.of(ours.get("qkv"), heads);
    attention = attention();
    sequences = sequences();
    lengths = Cudnn.integers(backend, scope, layout.lengths());
    float[] qkv = backend.readFloats(ours.get("qkv"));
    q = numbers(scope, layout.apart(qkv, 0, 3));
    k = numbers(scope, layout.apart(qkv, 1, 3));
    v = numbers(scope, layout.apart(qkv, 2, 3));
    y = scope.zeros(layout.size());
    long[] ofWeights = new long[1];
    long[] work = new long[1];
    long[] kept = new long[1];
    Cudnn.check(
        JCudnn.cudnnGetMultiHeadAttnBuffers(cudnn.handle(), attention, ofWeights, work, kept),
        "cudnnGetMultiHeadAttnBuffers");
    weightBytes = ofWeights[0]; // 0 without projections
    weights = Cudnn.space(scope, weightBytes, "the weights of attention");
    workspace = Cudnn.space(scope, work[0], "the workspace of attention");
    reserve = Cudnn.space(scope, kept[0], "what attention keeps for backward");
  }

  Tensor numbers(Scope scope, float[] values) {
    Tensor tensor = scope.floats(values.length);
    backend.write(tensor, values);
    return tensor;
  }

  private cudnnAttnDescriptor attention() {
    cudnnAttnDescriptor made =
        descriptors.add(
            new cudnnAttnDescriptor(),
            JCudnn::cudnnCreateAttnDescriptor,
            JCudnn::cudnnDestroyAttnDescriptor);
    boolean half = backend.precision() == Precision.BF16;
    var noDropout = new cudnnDropoutDescriptor(); // a null pointer
    int width = layout.width();
    Cudnn.check(
        JCudnn.cudnnSetAttnDescriptor(
            made,
            JCudnn.CUDNN_ATTN_QUERYMAP_ALL_TO_ONE | JCudnn.CUDNN_ATTN_DISABLE_PROJ_BIASES,
            1, // head
            1 / Math.sqrt(width),
            cudnnDataType.CUDNN_DATA_FLOAT,
            cudnnDataType.CUDNN_DATA_FLOAT,
            half // there is no bf16
                ? cudnnMathType.CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION
                : cudnnMathType.CUDNN_DEFAULT_MATH,
            noDropout,
            noDropout,
            width,
            width,
            width,
            0, // no projection of q, k, v and y
            0,
            0,
            0,
            layout.length(),
            layout.length(),
            layout.sequences(),
            1),
        "cudnnSetAttnDescriptor");
    return made;
  }

  /// Of q, k, v, y and their gradients.
  private cudnnSeqDataDescriptor sequences() {
    cudnnSeqDataDescriptor made =
        descriptors.add(
            new cudnnSeqDataDescriptor(),
            JCudnn::cudnnCreateSeqDataDescriptor,
            JCudnn::cudnnDestroySeqDataDescriptor);
    int[] dims = new int[4]; // by the numbers of the axes
    dims[cudnnSeqDataAxis.CUDNN_SEQDATA_TIME_DIM] = layout.length();
    dims[cudnnSeqDataAxis.CUDNN_SEQDATA_BATCH_DIM] = layout.sequences();
    dims[cudnnSeqDataAxis.CUDNN_SEQDATA_BEAM_DIM] = 1;
    dims[cudnnSeqDataAxis.CUDNN_SEQDATA_VECT_DIM] = layout.width();
    int[] outermostFirst = {
      cudnnSeqDataAxis.CUDNN_SEQDATA_BATCH_DIM,
      cudnnSeqDataAxis.CUDNN_SEQDATA_BEAM_DIM,
      cudnnSeqDataAxis.CUDNN_SEQDATA_TIME_DIM,
      cudnnSeqDataAxis.CUDNN_SEQDATA_VECT_DIM
    };
    int[] all = layout.lengths();
    Cudnn.check(
        JCudnn.cudnnSetSeqDataDescriptor(
            made,
            cudnnDataType.CUDNN_DATA_FLOAT,
            dims.length,
            dims,
            outermostFirst,
            all.length,
            all,
            new DevicePointer()),
        "cudnnSetSeqDataDescriptor");
    return made;
  }

  /// Queues cudnnMultiHeadAttnForward.
  void forward() {
    Cudnn.check(
        JCudnn.cudnnMultiHeadAttnForward(
            cudnn.handle(),
            attention,
            ALL_POSITIONS,
            layout.first(),
            layout.behind(),
            DevicePointer.to(lengths),
            DevicePointer.to(lengths),
            sequences,
            DevicePointer.to(q),
            new DevicePointer(), // no residual
            sequences,
            DevicePointer.to(k),
            sequences,
            DevicePointer.to(v),
            sequences,
            DevicePointer.to(y),
            weightBytes,
            DevicePointer.to(weights),
            workspace.size() * Float.BYTES,
            DevicePointer.to(workspace),
            reserve.size() * Float.BYTES,
            DevicePointer.to(reserve)),
        "cudnnMultiHeadAttnForward");
  }

  /// What a reader should know of the precision.
  String note() {
    return backend.precision() == Precision.BF16
        ? "q, k and v apart, products in fp16"
        : "q, k and v apart, products in fp32 or tf32 as cuDNN likes";
  }

  @Override
  public void close() {
    descriptors.close();
  }
}
