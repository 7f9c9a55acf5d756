// softsign(x) = x / (1 + |x|), and dx += dy / (1 + |x|)². Compiled to the PTX beside this file by
//
//   nvcc -ptx -arch=compute_75 softsign.cu
//
// Its `.version` was lowered to 6.3 afterwards, which older drivers take too.

extern "C" __global__ void softsign(const float* x, float* y, long long count) {
  const long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) {
    y[i] = x[i] / (1 + fabsf(x[i]));
  }
}

extern "C" __global__ void softsign_backward(const float* x, const float* dy, float* dx,
                                             long long count) {
  const long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) {
    const float below = 1 + fabsf(x[i]);
    dx[i] += dy[i] / (below * below);
  }
}
