// Kernels with one mistake in memory each, for the software GPU's checks. n is 64 in every launch,
// which has one block of 64 threads unless the test says otherwise.
#define KERNEL extern "C" __global__ void

KERNEL write_past_end(float* x, int n) {
  x[threadIdx.x + 1] = 1.0f;  // thread n - 1 writes x[n]
}

KERNEL read_before_start(float* x, int n) {
  x[threadIdx.x] = x[(int)threadIdx.x - 1];  // thread 0 reads x[-1]
}

KERNEL far_away(float* x, int n) {
  x[threadIdx.x + (1 << 28)] = 1.0f;
}

KERNEL null_pointer(float* x, int n) {
  float* nothing = (float*)(size_t)(n - 64);
  nothing[threadIdx.x] = 1.0f;
}

KERNEL host_like_pointer(float* x, int n) {
  *(float*)0x5500deadbee0ull = x[0];
}

KERNEL vector_past_end(float4* x, int n) {
  float4 v = x[threadIdx.x];  // n floats are n / 4 vectors
  ((float*)x)[threadIdx.x] = v.x + v.y + v.z + v.w;
}

KERNEL misaligned_word(char* x, int n) {
  *(int*)(x + 1 + 4 * (threadIdx.x % 8)) = 7;
}

KERNEL misaligned_vector(float* x, int n) {
  float4 v = *(float4*)(x + 1);
  x[threadIdx.x] = v.x + v.y + v.z + v.w;
}

KERNEL read_unwritten(float* x, float* y, int n) {
  x[threadIdx.x] = y[threadIdx.x];  // the host never wrote y
}

KERNEL read_unwritten_tail(float* x, float* y, int n) {
  if (threadIdx.x < n - 1) y[threadIdx.x] = 1.0f;
  __syncthreads();
  x[threadIdx.x] = y[threadIdx.x];  // y[n - 1] is unwritten
}

KERNEL shared_unwritten(float* x, int n) {
  __shared__ float s[64];
  if (threadIdx.x != 5) s[threadIdx.x] = 1.0f;
  __syncthreads();
  x[threadIdx.x] = s[threadIdx.x];
}

KERNEL shared_past_end(float* x, int n) {
  __shared__ float s[64];
  __shared__ float t[64];
  s[threadIdx.x] = 0.0f;
  t[threadIdx.x] = 0.0f;
  __syncthreads();
  s[threadIdx.x + (n == 64 ? 1 : 0)] = 2.0f;  // thread 63 leaves s
  __syncthreads();
  x[threadIdx.x] = s[threadIdx.x] + t[threadIdx.x];
}

KERNEL dynamic_shared_past_end(float* x, int n) {
  extern __shared__ float d[];
  d[threadIdx.x + 1] = 1.0f;  // the launch gives 64 floats
  x[threadIdx.x] = 0.0f;
}

KERNEL shared_misaligned(float* x, int n) {
  __shared__ __align__(16) float s[72];
  s[threadIdx.x] = 1.0f;
  if (threadIdx.x < 8) s[64 + threadIdx.x] = 1.0f;
  __syncthreads();
  float4 v = *(float4*)(s + n / 64);
  x[threadIdx.x] = v.x + v.y + v.z + v.w;
}

KERNEL local_unwritten(float* x, int n) {
  float l[8];
  for (int i = 0; i < 7; i++) l[(i + n) % 8] = (float)i;
  x[threadIdx.x] = l[(threadIdx.x + n) % 8];  // l[7] is unwritten
}

KERNEL local_past_end(float* x, int n) {
  float l[8];
  for (int i = 0; i < 8; i++) l[(i + n) % 8] = (float)i;
  x[threadIdx.x] = l[(threadIdx.x % 8) + n];
}

KERNEL divide_by_zero(int* x, int n) {
  x[threadIdx.x] = n / ((int)threadIdx.x - 3);
}

KERNEL remainder_by_zero(int* x, int n) {
  x[threadIdx.x] = n % (unsigned)(threadIdx.x >> 5);
}

__constant__ float table[4] = {1, 2, 3, 4};

KERNEL constant_past_end(float* x, int n) {
  x[threadIdx.x] = table[threadIdx.x];
}

KERNEL write_constant(float* x, int n) {
  float* t = (float*)(n < 0 ? x : table);
  t[threadIdx.x % 4] = 1.0f;
}

KERNEL atomic_past_end(int* x, int n) {
  atomicAdd(x + n + threadIdx.x, 1);
}

KERNEL atomic_unwritten(int* x, int* y, int n) {
  atomicAdd(y, 1);  // the host never set y to zero
  x[threadIdx.x] = 0;
}

KERNEL blocks_race(float* x, int n) {
  x[0] = (float)blockIdx.x;  // two blocks
}

KERNEL generic_past_end(float* x, int n) {
  __shared__ float s[64];
  s[threadIdx.x] = 1.0f;
  __syncthreads();
  float* either = n > 100 ? s : x;
  either[threadIdx.x + n] = 2.0f;
}

// The three below are aligned by today's layout alone: nothing in the PTX promises more than 4 bytes.
KERNEL shared_aligned_by_luck(float* x, int n) {
  __shared__ float s[64];
  s[threadIdx.x] = 1.0f;
  __syncthreads();
  float4 v = *(float4*)(s + threadIdx.x % 16 * 4);
  x[threadIdx.x] = v.x + v.y + v.z + v.w;
}

KERNEL shared_pairs_aligned_by_luck(float* x, int n) {
  __shared__ float p[64];
  if (threadIdx.x < 32) *(float2*)(p + threadIdx.x % 32 * 2) = make_float2(1.0f, 2.0f);
  __syncthreads();
  x[threadIdx.x] = p[threadIdx.x];
}

__device__ float weights[64];

KERNEL global_aligned_by_luck(float* x, int n) {
  float4 v = *(float4*)(weights + threadIdx.x % 16 * 4);
  x[threadIdx.x] = v.x + v.y + v.z + v.w;
}
