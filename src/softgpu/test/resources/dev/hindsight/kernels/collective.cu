// What the lanes of a warp do together: votes, matches, reductions, tensor-core products. One warp.
#define KERNEL extern "C" __global__ void

KERNEL votes(const int* x, int* y) {
  int t = threadIdx.x, v = x[t];
  y[t] = __ballot_sync(~0u, v & 1);
  y[32 + t] = __all_sync(~0u, v >= 0);
  y[64 + t] = __any_sync(~0u, v == 7);
  y[96 + t] = __match_any_sync(~0u, v % 5);
  int same;
  y[128 + t] = __match_all_sync(~0u, v / 1000, &same);
  y[160 + t] = same;
  y[192 + t] = __reduce_add_sync(~0u, v);
  y[224 + t] = __reduce_max_sync(~0u, v);
  y[256 + t] = __reduce_xor_sync(~0u, (unsigned)v);
  y[288 + t] = __shfl_up_sync(~0u, v, 3);
  y[320 + t] = __shfl_down_sync(~0u, v, 5, 8);
  y[352 + t] = __shfl_sync(~0u, v, t * 3, 16);
  y[384 + t] = __activemask();
  y[416 + t] = __syncthreads_count(v & 1);
}

// d (16,8) = a (16,8) · b (8,8) + c, tf32.
KERNEL mma_tf32(const float* a, const float* b, const float* c, float* d) {
  int g = threadIdx.x / 4, t = threadIdx.x % 4;
  unsigned A[4] = {__float_as_uint(a[g * 8 + t]), __float_as_uint(a[(g + 8) * 8 + t]),
                   __float_as_uint(a[g * 8 + t + 4]), __float_as_uint(a[(g + 8) * 8 + t + 4])};
  unsigned B[2] = {__float_as_uint(b[t * 8 + g]), __float_as_uint(b[(t + 4) * 8 + g])};
  float C[4] = {c[g * 8 + 2 * t], c[g * 8 + 2 * t + 1], c[(g + 8) * 8 + 2 * t],
                c[(g + 8) * 8 + 2 * t + 1]};
  float D[4];
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%10,%11,%12,%13};"
      : "=f"(D[0]), "=f"(D[1]), "=f"(D[2]), "=f"(D[3])
      : "r"(A[0]), "r"(A[1]), "r"(A[2]), "r"(A[3]), "r"(B[0]), "r"(B[1]), "f"(C[0]), "f"(C[1]),
        "f"(C[2]), "f"(C[3]));
  d[g * 8 + 2 * t] = D[0];
  d[g * 8 + 2 * t + 1] = D[1];
  d[(g + 8) * 8 + 2 * t] = D[2];
  d[(g + 8) * 8 + 2 * t + 1] = D[3];
}

// d (16,8) = a (16,16) · b (16,8), bf16 bits in, through shared memory and ldmatrix.
KERNEL mma_bf16(const unsigned short* a, const unsigned short* b, float* d) {
  __shared__ __align__(16) unsigned short sa[16 * 16];
  __shared__ __align__(16) unsigned short sb[16 * 8];
  int lane = threadIdx.x;
  for (int i = lane; i < 256; i += 32) sa[i] = a[i];
  for (int i = lane; i < 128; i += 32) sb[i] = b[i];
  __syncthreads();
  unsigned A[4], B[2];
  unsigned pa = (unsigned)__cvta_generic_to_shared(sa + (lane % 16) * 16 + lane / 16 * 8);
  unsigned pb = (unsigned)__cvta_generic_to_shared(sb + (lane % 16) * 8);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(A[0]), "=r"(A[1]), "=r"(A[2]), "=r"(A[3])
               : "r"(pa));
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
               : "=r"(B[0]), "=r"(B[1])
               : "r"(pb));
  float D[4] = {0, 0, 0, 0};
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
      : "+f"(D[0]), "+f"(D[1]), "+f"(D[2]), "+f"(D[3])
      : "r"(A[0]), "r"(A[1]), "r"(A[2]), "r"(A[3]), "r"(B[0]), "r"(B[1]));
  int g = lane / 4, t = lane % 4;
  d[g * 8 + 2 * t] = D[0];
  d[g * 8 + 2 * t + 1] = D[1];
  d[(g + 8) * 8 + 2 * t] = D[2];
  d[(g + 8) * 8 + 2 * t + 1] = D[3];
}

// How accesses look to the counters: x is 32-byte aligned.
KERNEL coalesced(float* x) { x[threadIdx.x] = 1.0f; }
KERNEL strided(float* x) { x[threadIdx.x * 8] = 1.0f; }
KERNEL bank_conflict(float* x) {
  __shared__ volatile float s[32 * 32];
  s[threadIdx.x * 32] = 1.0f;
  x[threadIdx.x] = s[threadIdx.x * 32];
}
KERNEL half_active(float* x) {
  if (threadIdx.x % 2) x[threadIdx.x] = fmaf(x[threadIdx.x], 2.0f, 1.0f);
}
KERNEL approximations(const float* x, float* y) {
  float v = x[threadIdx.x];
  float* to = y + threadIdx.x * 8;
  asm("ex2.approx.f32 %0, %1;" : "=f"(to[0]) : "f"(v));
  asm("lg2.approx.f32 %0, %1;" : "=f"(to[1]) : "f"(v));
  asm("rcp.approx.f32 %0, %1;" : "=f"(to[2]) : "f"(v));
  asm("sqrt.approx.f32 %0, %1;" : "=f"(to[3]) : "f"(v));
  asm("rsqrt.approx.f32 %0, %1;" : "=f"(to[4]) : "f"(v));
  asm("tanh.approx.f32 %0, %1;" : "=f"(to[5]) : "f"(v));
  asm("sin.approx.f32 %0, %1;" : "=f"(to[6]) : "f"(v));
  asm("div.full.f32 %0, %1, %2;" : "=f"(to[7]) : "f"(v), "f"(3.0f));
}
