// Stands in for cuBLAS (-DCUBLAS) and cuDNN in tests: notes each call with its arguments in the file of
// HINDSIGHT_STUB_LOG and computes nothing. Signatures: cublas_api.h of CUDA 12.6; cudnn_*.h of cuDNN 9.5.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void note(const char *format, ...) {
  const char *path = getenv("HINDSIGHT_STUB_LOG");
  FILE *log = path ? fopen(path, "a") : NULL;
  if (!log) return;
  va_list arguments;
  va_start(arguments, format);
  vfprintf(log, format, arguments);
  va_end(arguments);
  fputc('\n', log);
  fclose(log);
}

static int number(const char *name, int otherwise) {
  const char *value = getenv(name);
  return value ? atoi(value) : otherwise;
}

// The status of a function, where HINDSIGHT_STUB_FAIL names it.
static int status(const char *function, int failure) {
  const char *failing = getenv("HINDSIGHT_STUB_FAIL");
  return failing && strcmp(failing, function) == 0 ? failure : 0;
}

static uintptr_t made;

#ifdef CUBLAS
int cublasCreate_v2(void **handle) {
  *handle = (void *)++made;
  return status("cublasCreate", 1);
}
int cublasDestroy_v2(void *handle) { return 0; }
int cublasSetStream_v2(void *handle, void *stream) {
  note("cublasSetStream handle=%p stream=%p", handle, stream);
  return 0;
}
int cublasGetVersion_v2(void *handle, int *version) {
  *version = number("HINDSIGHT_STUB_CUBLAS", 120604);
  return 0;
}
int cublasSgemm_v2(void *handle, int opA, int opB, int m, int n, int k, const float *alpha,
                   const void *a, int lda, const void *b, int ldb, const float *beta, void *c,
                   int ldc) {
  note(
      "cublasSgemm opA=%d opB=%d m=%d n=%d k=%d alpha=%g a=%p lda=%d b=%p ldb=%d beta=%g c=%p "
      "ldc=%d",
      opA, opB, m, n, k, *alpha, a, lda, b, ldb, *beta, c, ldc);
  return status("cublasSgemm", 13);
}
int cublasGemmEx(void *handle, int opA, int opB, int m, int n, int k, const void *alpha,
                 const void *a, int typeA, int lda, const void *b, int typeB, int ldb,
                 const void *beta, void *c, int typeC, int ldc, int compute, int algorithm) {
  note(
      "cublasGemmEx opA=%d opB=%d m=%d n=%d k=%d alpha=%g a=%p typeA=%d lda=%d b=%p typeB=%d "
      "ldb=%d beta=%g c=%p "
      "typeC=%d ldc=%d compute=%d algorithm=%d",
      opA, opB, m, n, k, *(const float *)alpha, a, typeA, lda, b, typeB, ldb, *(const float *)beta,
      c, typeC, ldc, compute, algorithm);
  return 0;
}
#else
size_t cudnnGetVersion(void) { return number("HINDSIGHT_STUB_CUDNN", 90501); }
const char *cudnnGetErrorString(int s) {
  return s ? "CUDNN_STATUS_OF_STUB" : "CUDNN_STATUS_SUCCESS";
}
int cudnnCreate(void **handle) {
  *handle = (void *)++made;
  return status("cudnnCreate", 1001);
}
int cudnnDestroy(void *handle) { return 0; }
int cudnnSetStream(void *handle, void *stream) {
  note("cudnnSetStream handle=%p stream=%p", handle, stream);
  return 0;
}
#define DESCRIPTOR(type)                                                                           \
  int cudnnCreate##type(void **descriptor) {                                                       \
    *descriptor = (void *)++made;                                                                  \
    return 0;                                                                                      \
  }                                                                                                \
  int cudnnDestroy##type(void *descriptor) {                                                       \
    note("destroy d=%p", descriptor);                                                              \
    return 0;                                                                                      \
  }
DESCRIPTOR(TensorDescriptor)
DESCRIPTOR(FilterDescriptor)
DESCRIPTOR(ConvolutionDescriptor)
DESCRIPTOR(DropoutDescriptor)
DESCRIPTOR(RNNDescriptor)
DESCRIPTOR(RNNDataDescriptor)
DESCRIPTOR(SeqDataDescriptor)
DESCRIPTOR(AttnDescriptor)
int cudnnSetTensor4dDescriptor(void *d, int format, int type, int n, int c, int h, int w) {
  note("tensor d=%p format=%d type=%d dims=%d,%d,%d,%d", d, format, type, n, c, h, w);
  return 0;
}
int cudnnSetTensorNdDescriptor(void *d, int type, int rank, const int dims[], const int strides[]) {
  note("tensorNd d=%p type=%d rank=%d dims=%d,%d,%d strides=%d,%d,%d", d, type, rank, dims[0],
       dims[1], dims[2], strides[0], strides[1], strides[2]);
  return 0;
}
int cudnnSetFilter4dDescriptor(void *d, int type, int format, int k, int c, int h, int w) {
  note("filter d=%p format=%d type=%d dims=%d,%d,%d,%d", d, format, type, k, c, h, w);
  return 0;
}
int cudnnSetConvolution2dDescriptor(void *d, int padH, int padW, int strideH, int strideW,
                                    int dilationH, int dilationW, int mode, int type) {
  note("convolution d=%p pad=%d,%d stride=%d,%d dilation=%d,%d mode=%d type=%d", d, padH, padW,
       strideH, strideW, dilationH, dilationW, mode, type);
  return 0;
}
int cudnnSetConvolutionMathType(void *d, int math) {
  note("math d=%p math=%d", d, math);
  return 0;
}
typedef struct {
  int algo, status;
  float time;
  size_t memory;
  int determinism, mathType, reserved[3];
} Perf;
// The fastest does not work, the next needs a workspace; the second layout asked for is slower.
static int find(Perf *found, int *count, int asked) {
  Perf fastest = {.algo = 5, .status = 3000, .time = -1};
  Perf next = {.algo = 1,
               .time = 1 + asked % 2,
               .memory = (size_t)number("HINDSIGHT_STUB_WORKSPACE_MIB", 0) << 20 | 40};
  found[0] = fastest;
  found[1] = next;
  *count = 2;
  return status("cudnnFindConvolutionForwardAlgorithm", 3000);
}
int cudnnFindConvolutionForwardAlgorithm(void *handle, void *x, void *w, void *how, void *y,
                                         int most, int *count, Perf *found) {
  static int asked;
  note("find x=%p w=%p how=%p y=%p most=%d", x, w, how, y, most);
  return find(found, count, asked++);
}
int cudnnFindConvolutionBackwardDataAlgorithm(void *handle, void *w, void *dy, void *how, void *dx,
                                              int most, int *count, Perf *found) {
  static int asked;
  note("findData w=%p dy=%p how=%p dx=%p most=%d", w, dy, how, dx, most);
  return find(found, count, asked++);
}
int cudnnFindConvolutionBackwardFilterAlgorithm(void *handle, void *x, void *dy, void *how,
                                                void *dw, int most, int *count, Perf *found) {
  static int asked;
  note("findFilter x=%p dy=%p how=%p dw=%p most=%d", x, dy, how, dw, most);
  return find(found, count, asked++);
}
int cudnnConvolutionBackwardData(void *handle, const float *alpha, void *wd, const void *w,
                                 void *dyd, const void *dy, void *how, int algorithm,
                                 void *workspace, size_t bytes, const float *beta, void *dxd,
                                 void *dx) {
  note(
      "cudnnConvolutionBackwardData alpha=%g wd=%p w=%p yd=%p dy=%p how=%p algorithm=%d "
      "workspace=%p bytes=%zu beta=%g xd=%p dx=%p",
      *alpha, wd, w, dyd, dy, how, algorithm, workspace, bytes, *beta, dxd, dx);
  return 0;
}
int cudnnConvolutionBackwardFilter(void *handle, const float *alpha, void *xd, const void *x,
                                   void *dyd, const void *dy, void *how, int algorithm,
                                   void *workspace, size_t bytes, const float *beta, void *dwd,
                                   void *dw) {
  note(
      "cudnnConvolutionBackwardFilter alpha=%g xd=%p x=%p yd=%p dy=%p how=%p algorithm=%d "
      "workspace=%p bytes=%zu beta=%g wd=%p dw=%p",
      *alpha, xd, x, dyd, dy, how, algorithm, workspace, bytes, *beta, dwd, dw);
  return 0;
}
int cudnnConvolutionForward(void *handle, const float *alpha, void *xd, const void *x, void *wd,
                            const void *w, void *how, int algorithm, void *workspace, size_t bytes,
                            const float *beta, void *yd, void *y) {
  note(
      "cudnnConvolutionForward alpha=%g xd=%p x=%p wd=%p w=%p how=%p algorithm=%d workspace=%p "
      "bytes=%zu beta=%g "
      "yd=%p y=%p",
      *alpha, xd, x, wd, w, how, algorithm, workspace, bytes, *beta, yd, y);
  return 0;
}
int cudnnSoftmaxForward(void *handle, int algorithm, int mode, const float *alpha, void *xd,
                        const void *x, const float *beta, void *yd, void *y) {
  note("cudnnSoftmaxForward algorithm=%d mode=%d alpha=%g xd=%p x=%p beta=%g yd=%p y=%p", algorithm,
       mode, *alpha, xd, x, *beta, yd, y);
  return 0;
}
int cudnnSoftmaxBackward(void *handle, int algorithm, int mode, const float *alpha, void *yd,
                         const void *y, void *dyd, const void *dy, const float *beta, void *dxd,
                         void *dx) {
  note(
      "cudnnSoftmaxBackward algorithm=%d mode=%d alpha=%g yd=%p y=%p dyd=%p dy=%p beta=%g dxd=%p "
      "dx=%p",
      algorithm, mode, *alpha, yd, y, dyd, dy, *beta, dxd, dx);
  return 0;
}
int cudnnSetDropoutDescriptor(void *d, void *handle, float dropout, void *states, size_t bytes,
                              unsigned long long seed) {
  note("dropout d=%p dropout=%g states=%p bytes=%zu", d, dropout, states, bytes);
  return 0;
}
static int hidden;
int cudnnSetRNNDescriptor_v8(void *d, int algorithm, int cell, int bias, int direction, int input,
                             int type, int precision, int math, int32_t inputs, int32_t units,
                             int32_t projection, int32_t layers, void *dropout, uint32_t flags) {
  hidden = units;
  note(
      "rnn d=%p algorithm=%d cell=%d bias=%d direction=%d input=%d type=%d precision=%d math=%d "
      "inputs=%d hidden=%d "
      "projection=%d layers=%d dropout=%p flags=%u",
      d, algorithm, cell, bias, direction, input, type, precision, math, inputs, units, projection,
      layers, dropout, flags);
  return 0;
}
int cudnnSetRNNDataDescriptor(void *d, int type, int layout, int steps, int batch, int channels,
                              const int lengths[], void *padding) {
  note("rnnData d=%p type=%d layout=%d steps=%d batch=%d channels=%d first=%d last=%d", d, type,
       layout, steps, batch, channels, lengths[0], lengths[batch - 1]);
  return 0;
}
// An order of its own: a gap of 3 floats, then the matrices of the state backwards, then those of the input.
static size_t place(int matrix) {
  size_t square = (size_t)hidden * hidden;
  return 3 + (matrix >= 4 ? (7 - matrix) * square : 4 * square + (size_t)matrix * hidden);
}
int cudnnGetRNNWeightSpaceSize(void *handle, void *rnn, size_t *bytes) {
  *bytes = 4 * (3 + 4 * (size_t)hidden * hidden + 4 * (size_t)hidden);
  return 0;
}
int cudnnGetRNNTempSpaceSizes(void *handle, void *rnn, int mode, void *x, size_t *workspace,
                              size_t *reserve) {
  note("rnnSpaces mode=%d x=%p", mode, x);
  *workspace = 400;
  *reserve = 600;
  return 0;
}
int cudnnGetRNNWeightParams(void *handle, void *rnn, int32_t layer, size_t bytes, const void *space,
                            int32_t matrix, void *md, void **m, void *bd, void **b) {
  *m = (char *)space + 4 * place(matrix);
  *b = NULL;
  note("rnnParams layer=%d bytes=%zu matrix=%d", layer, bytes, matrix);
  return 0;
}
int cudnnRNNForward(void *handle, void *rnn, int mode, const int32_t *lengths, void *xd,
                    const void *x, void *yd, void *y, void *hd, const void *hx, void *hy, void *cd,
                    const void *cx, void *cy, size_t weightBytes, const void *weights,
                    size_t workBytes, void *work, size_t reserveBytes, void *reserve) {
  note(
      "cudnnRNNForward rnn=%p mode=%d lengths=%p xd=%p x=%p yd=%p y=%p hd=%p hx=%p cd=%p cx=%p "
      "weightBytes=%zu "
      "weights=%p workBytes=%zu reserveBytes=%zu",
      rnn, mode, lengths, xd, x, yd, y, hd, hx, cd, cx, weightBytes, weights, workBytes,
      reserveBytes);
  return 0;
}
int cudnnRNNBackwardData_v8(void *handle, void *rnn, const int32_t *lengths, void *yd,
                            const void *y, const void *dy, void *xd, void *dx, void *hd,
                            const void *hx, const void *dhy, void *dhx, void *cd, const void *cx,
                            const void *dcy, void *dcx, size_t weightBytes, const void *weights,
                            size_t workBytes, void *work, size_t reserveBytes, void *reserve) {
  note(
      "cudnnRNNBackwardData_v8 rnn=%p lengths=%p yd=%p y=%p dy=%p xd=%p dx=%p hd=%p hx=%p dhy=%p "
      "dhx=%p cd=%p cx=%p dcy=%p dcx=%p weightBytes=%zu weights=%p workBytes=%zu work=%p "
      "reserveBytes=%zu reserve=%p",
      rnn, lengths, yd, y, dy, xd, dx, hd, hx, dhy, dhx, cd, cx, dcy, dcx, weightBytes, weights,
      workBytes, work, reserveBytes, reserve);
  return 0;
}
int cudnnRNNBackwardWeights_v8(void *handle, void *rnn, int add, const int32_t *lengths, void *xd,
                               const void *x, void *hd, const void *hx, void *yd, const void *y,
                               size_t weightBytes, void *dweights, size_t workBytes, void *work,
                               size_t reserveBytes, void *reserve) {
  note(
      "cudnnRNNBackwardWeights_v8 rnn=%p add=%d lengths=%p xd=%p x=%p hd=%p hx=%p yd=%p y=%p "
      "weightBytes=%zu dweights=%p workBytes=%zu work=%p reserveBytes=%zu reserve=%p",
      rnn, add, lengths, xd, x, hd, hx, yd, y, weightBytes, dweights, workBytes, work, reserveBytes,
      reserve);
  return 0;
}
int cudnnSetSeqDataDescriptor(void *d, int type, int rank, const int dims[], const int axes[],
                              size_t count, const int lengths[], void *padding) {
  note(
      "sequences d=%p type=%d rank=%d dims=%d,%d,%d,%d axes=%d,%d,%d,%d count=%zu first=%d last=%d "
      "padding=%p",
      d, type, rank, dims[0], dims[1], dims[2], dims[3], axes[0], axes[1], axes[2], axes[3], count,
      lengths[0], lengths[count - 1], padding);
  return 0;
}
static int longest;
int cudnnSetAttnDescriptor(void *d, unsigned mode, int heads, double scale, int type, int precision,
                           int math, void *dropout, void *postDropout, int q, int k, int v,
                           int qProjected, int kProjected, int vProjected, int yProjected,
                           int mostQueries, int mostKeys, int mostBatch, int mostBeams) {
  longest = mostQueries;
  note(
      "attention d=%p mode=%u heads=%d scale=%.9g type=%d precision=%d math=%d dropout=%p post=%p "
      "sizes=%d,%d,%d projected=%d,%d,%d,%d most=%d,%d,%d,%d",
      d, mode, heads, scale, type, precision, math, dropout, postDropout, q, k, v, qProjected,
      kProjected, vProjected, yProjected, mostQueries, mostKeys, mostBatch, mostBeams);
  return 0;
}
int cudnnGetMultiHeadAttnBuffers(void *handle, void *attention, size_t *weights, size_t *workspace,
                                 size_t *reserve) {
  *weights = 0;
  *workspace = 800;
  *reserve = 1200;
  note("attentionBuffers attention=%p", attention);
  return 0;
}
// The windows of all positions: `0-1,0-2,0-3`.
static const char *windows(const int low[], const int high[]) {
  static char text[4096];
  size_t at = 0;
  for (int t = 0; t < longest && at < sizeof text - 24; t++)
    at += sprintf(text + at, t ? ",%d-%d" : "%d-%d", low[t], high[t]);
  return text;
}
int cudnnMultiHeadAttnForward(void *handle, void *attention, int position, const int low[],
                              const int high[], const int qLengths[], const int kLengths[],
                              void *qd, const void *q, const void *residual, void *kd,
                              const void *k, void *vd, const void *v, void *yd, void *y,
                              size_t weightBytes, const void *weights, size_t workBytes, void *work,
                              size_t reserveBytes, void *reserve) {
  note(
      "cudnnMultiHeadAttnForward attention=%p position=%d windows=%s qLengths=%p kLengths=%p qd=%p "
      "q=%p residual=%p kd=%p k=%p vd=%p v=%p yd=%p y=%p weightBytes=%zu workBytes=%zu "
      "reserveBytes=%zu reserve=%p",
      attention, position, windows(low, high), qLengths, kLengths, qd, q, residual, kd, k, vd, v,
      yd, y, weightBytes, workBytes, reserveBytes, reserve);
  return 0;
}
int cudnnMultiHeadAttnBackwardData(void *handle, void *attention, const int low[], const int high[],
                                   const int qLengths[], const int kLengths[], void *dyd,
                                   const void *dy, void *dqd, void *dq, const void *q, void *dkd,
                                   void *dk, const void *k, void *dvd, void *dv, const void *v,
                                   size_t weightBytes, const void *weights, size_t workBytes,
                                   void *work, size_t reserveBytes, void *reserve) {
  note(
      "cudnnMultiHeadAttnBackwardData attention=%p windows=%s qLengths=%p kLengths=%p dyd=%p dy=%p "
      "dqd=%p dq=%p q=%p dkd=%p dk=%p k=%p dvd=%p dv=%p v=%p weightBytes=%zu workBytes=%zu "
      "reserveBytes=%zu reserve=%p",
      attention, windows(low, high), qLengths, kLengths, dyd, dy, dqd, dq, q, dkd, dk, k, dvd, dv,
      v, weightBytes, workBytes, reserveBytes, reserve);
  return 0;
}
#endif
