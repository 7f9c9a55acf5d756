// Histogram, transposition, sorting, prices of options, fractals, bodies, reductions by cooperative groups, a product.
__global__ void histogram(const unsigned char* data, int n, unsigned* bins) {
  __shared__ unsigned local[256];
  for (int i = threadIdx.x; i < 256; i += blockDim.x) local[i] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    atomicAdd(&local[data[i]], 1);
  __syncthreads();
  for (int i = threadIdx.x; i < 256; i += blockDim.x) atomicAdd(&bins[i], local[i]);
}

template <int Tile, int Rows>
__global__ void transpose(const float* in, float* out, int width, int height) {
  __shared__ float tile[Tile][Tile + 1];
  cg::thread_block block = cg::this_thread_block();
  int x = blockIdx.x * Tile + threadIdx.x, y = blockIdx.y * Tile + threadIdx.y;
  for (int j = 0; j < Tile; j += Rows)
    if (x < width && y + j < height) tile[threadIdx.y + j][threadIdx.x] = in[(y + j) * width + x];
  cg::sync(block);
  x = blockIdx.y * Tile + threadIdx.x, y = blockIdx.x * Tile + threadIdx.y;
  for (int j = 0; j < Tile; j += Rows)
    if (x < height && y + j < width) out[(y + j) * height + x] = tile[threadIdx.x][threadIdx.y + j];
}

__global__ void bitonic(unsigned* keys, unsigned* values, int n) {
  extern __shared__ unsigned both[];
  unsigned *k = both, *v = both + n;
  for (int i = threadIdx.x; i < n; i += blockDim.x) k[i] = keys[i], v[i] = values[i];
  for (int size = 2; size <= n; size <<= 1) {
    for (int stride = size / 2; stride > 0; stride >>= 1) {
      __syncthreads();
      for (int t = threadIdx.x; t < n / 2; t += blockDim.x) {
        int at = 2 * t - (t & (stride - 1));
        bool up = (at & size) == 0;
        if ((k[at] > k[at + stride]) == up) {
          unsigned a = k[at], b = v[at];
          k[at] = k[at + stride], v[at] = v[at + stride];
          k[at + stride] = a, v[at + stride] = b;
        }
      }
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < n; i += blockDim.x) keys[i] = k[i], values[i] = v[i];
}

__device__ float cnd(float d) {
  const float a1 = 0.31938153f, a2 = -0.356563782f, a3 = 1.781477937f, a4 = -1.821255978f,
              a5 = 1.330274429f;
  float k = __fdividef(1.0f, 1.0f + 0.2316419f * fabsf(d));
  float c =
      0.39894228f * __expf(-0.5f * d * d) * (k * (a1 + k * (a2 + k * (a3 + k * (a4 + k * a5)))));
  return d > 0 ? 1 - c : c;
}

__launch_bounds__(128) __global__ void blackScholes(float2* out, const float* s, const float* x,
                                                    const float* t, float r, float v, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float root = __fdividef(1.0f, rsqrtf(t[i]));
  float d1 = __fdividef(__logf(s[i] / x[i]) + (r + 0.5f * v * v) * t[i], v * root),
        d2 = d1 - v * root;
  float e = __expf(-r * t[i]);
  out[i] = make_float2(s[i] * cnd(d1) - x[i] * e * cnd(d2),
                       x[i] * e * (1 - cnd(d2)) - s[i] * (1 - cnd(d1)));
}

template <class T>
__global__ void mandelbrot(uchar4* image, int width, int height, T scale, int crunch) {
  __shared__ int row;
  for (;;) {  // rows from a counter, as a persistent kernel takes them
    __shared__ unsigned next;
    if (threadIdx.x == 0) row = next = blockIdx.x;
    __syncthreads();
    for (int y = row; y < height; y += gridDim.x) {
      for (int x = threadIdx.x; x < width; x += blockDim.x) {
        T cx = (x - width * T(0.6)) * scale, cy = (y - height / 2) * scale, a = 0, b = 0;
        int i = 0;
        for (; i < crunch && a * a + b * b < 4; i++) {
          T c = a * a - b * b + cx;
          b = 2 * a * b + cy;
          a = c;
        }
        image[y * width + x] = make_uchar4(i & 255, i * 3 & 255, x & 255, 0);
      }
    }
    break;
  }
}

__global__ void bodies(const float4* old, float4* now, float4* speed, int n, float dt) {
  extern __shared__ float4 near4[];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  float4 me = i < n ? old[i] : make_float4(0, 0, 0, 0);
  float3 force = make_float3(0, 0, 0);
  for (int tile = 0; tile < n; tile += blockDim.x) {
    near4[threadIdx.x] = tile + threadIdx.x < n ? old[tile + threadIdx.x] : make_float4(0, 0, 0, 0);
    __syncthreads();
#pragma unroll 8
    for (int j = 0; j < blockDim.x; j++) {
      float3 d = make_float3(near4[j].x - me.x, near4[j].y - me.y, near4[j].z - me.z);
      float r = rsqrtf(d.x * d.x + d.y * d.y + d.z * d.z + 0.01f), s = near4[j].w * r * r * r;
      force.x += d.x * s, force.y += d.y * s, force.z += d.z * s;
    }
    __syncthreads();
  }
  if (i >= n) return;
  float4 v = speed[i];
  v.x += force.x * dt, v.y += force.y * dt, v.z += force.z * dt;
  speed[i] = v;
  now[i] = make_float4(me.x + v.x * dt, me.y + v.y * dt, me.z + v.z * dt, me.w);
}

static void classics() {
  const int n = 5000;
  std::vector<unsigned char> data(n);
  std::vector<unsigned> bins(256), wanted(256);
  for (int i = 0; i < n; i++) data[i] = (i * i * 7 + 13 * i) >> 3, wanted[data[i]]++;
  unsigned char* dd;
  unsigned* db;
  CHECK(cudaMalloc(&dd, n));
  CHECK(cudaMalloc(&db, 1024));
  CHECK(cudaMemcpy(dd, data.data(), n, cudaMemcpyHostToDevice));
  CHECK(cudaMemset(db, 0, 1024));
  histogram<<<4, 192>>>(dd, n, db);
  CHECK(cudaMemcpy(bins.data(), db, 1024, cudaMemcpyDeviceToHost));
  WANT(bins == wanted);
  CHECK(cudaFree(dd));
  CHECK(cudaFree(db));
  const int w = 75, h = 50;
  std::vector<float> in(w * h), out(w * h);
  for (int i = 0; i < w * h; i++) in[i] = i;
  float *di, *dout;
  CHECK(cudaMalloc(&di, w * h * 4));
  CHECK(cudaMalloc(&dout, w * h * 4));
  CHECK(cudaMemcpy(di, in.data(), w * h * 4, cudaMemcpyHostToDevice));
  transpose<32, 8><<<dim3((w + 31) / 32, (h + 31) / 32), dim3(32, 8)>>>(di, dout, w, h);
  CHECK(cudaMemcpy(out.data(), dout, w * h * 4, cudaMemcpyDeviceToHost));
  for (int y = 0; y < h; y++)
    for (int x = 0; x < w; x++) WANT(out[x * h + y] == in[y * w + x]);
  CHECK(cudaFree(di));
  CHECK(cudaFree(dout));
  const int keys = 1024;
  std::vector<unsigned> k(keys), v(keys);
  for (int i = 0; i < keys; i++) k[i] = i * 2654435761u % 5003, v[i] = k[i] ^ 0xabcd;
  unsigned *dk, *dv;
  CHECK(cudaMalloc(&dk, keys * 4));
  CHECK(cudaMalloc(&dv, keys * 4));
  CHECK(cudaMemcpy(dk, k.data(), keys * 4, cudaMemcpyHostToDevice));
  CHECK(cudaMemcpy(dv, v.data(), keys * 4, cudaMemcpyHostToDevice));
  bitonic<<<1, 512, 2 * keys * 4>>>(dk, dv, keys);
  CHECK(cudaMemcpy(k.data(), dk, keys * 4, cudaMemcpyDeviceToHost));
  CHECK(cudaMemcpy(v.data(), dv, keys * 4, cudaMemcpyDeviceToHost));
  for (int i = 0; i < keys; i++) WANT((i == 0 || k[i - 1] <= k[i]) && v[i] == (k[i] ^ 0xabcd));
  CHECK(cudaFree(dk));
  CHECK(cudaFree(dv));
}

static void finance() {
  const int n = 300;
  std::vector<float> s(n), x(n), t(n);
  std::vector<float2> got(n);
  for (int i = 0; i < n; i++) s[i] = 5 + i % 25, x[i] = 1 + i % 99, t[i] = 0.25f + i % 39 * 0.25f;
  float *ds, *dx, *dt;
  float2* out;
  for (float** p : {&ds, &dx, &dt}) CHECK(cudaMalloc(p, n * 4));
  CHECK(cudaMalloc(&out, n * 8));
  CHECK(cudaMemcpy(ds, s.data(), n * 4, cudaMemcpyHostToDevice));
  CHECK(cudaMemcpy(dx, x.data(), n * 4, cudaMemcpyHostToDevice));
  CHECK(cudaMemcpy(dt, t.data(), n * 4, cudaMemcpyHostToDevice));
  blackScholes<<<(n + 127) / 128, 128>>>(out, ds, dx, dt, 0.02f, 0.3f, n);
  CHECK(cudaMemcpy(got.data(), out, n * 8, cudaMemcpyDeviceToHost));
  for (int i = 0; i < n; i++) {
    double root = std::sqrt((double)t[i]),
           d1 = (std::log((double)s[i] / x[i]) + (0.02 + 0.045) * t[i]) / (0.3 * root),
           d2 = d1 - 0.3 * root;
    auto phi = [](double d) { return 0.5 * std::erfc(-d / std::sqrt(2.0)); };
    double call = s[i] * phi(d1) - x[i] * std::exp(-0.02 * t[i]) * phi(d2);
    WANT(std::fabs(got[i].x - call) < 2e-4 * (1 + call));
  }
  for (void* p : {(void*)ds, (void*)dx, (void*)dt, (void*)out}) CHECK(cudaFree(p));
  const int w = 61, h = 40;
  std::vector<uchar4> image(w * h);
  uchar4* di;
  CHECK(cudaMalloc(&di, w * h * 4));
  mandelbrot<double><<<7, 64>>>(di, w, h, 3.0 / w, 50);
  CHECK(cudaMemcpy(image.data(), di, w * h * 4, cudaMemcpyDeviceToHost));
  int inside = 0;
  for (auto p : image) inside += p.x == 50;
  WANT(inside > 200 && inside < 1200);
  mandelbrot<float><<<7, 64>>>(di, w, h, 3.0f / w, 50);
  CHECK(cudaGetLastError());
  CHECK(cudaFree(di));
  const int many = 100;
  std::vector<float4> p(many), v(many), now(many), speed(many);
  for (int i = 0; i < many; i++)
    p[i] = make_float4(i % 7, i % 11, i % 13, 1 + i % 3), v[i] = make_float4(0, 0, 0.1f * i, 0);
  float4 *dp, *dn, *dv;
  for (float4** q : {&dp, &dn, &dv}) CHECK(cudaMalloc(q, many * 16));
  CHECK(cudaMemcpy(dp, p.data(), many * 16, cudaMemcpyHostToDevice));
  CHECK(cudaMemcpy(dv, v.data(), many * 16, cudaMemcpyHostToDevice));
  bodies<<<2, 64, 64 * 16>>>(dp, dn, dv, many, 0.01f);
  CHECK(cudaMemcpy(now.data(), dn, many * 16, cudaMemcpyDeviceToHost));
  for (int i = 0; i < many; i += 9) {
    double fx = 0;
    for (int j = 0; j < many; j++) {
      double dx = p[j].x - p[i].x, dy = p[j].y - p[i].y, dz = p[j].z - p[i].z;
      fx += dx * p[j].w / std::pow(dx * dx + dy * dy + dz * dz + 0.01, 1.5);
    }
    WANT(near(now[i].x, p[i].x + fx * 0.01 * 0.01, 1e-5) && now[i].w == p[i].w);
  }
  for (void* q : {(void*)dp, (void*)dn, (void*)dv}) CHECK(cudaFree(q));
}

__global__ void reduceGroups(const int* in, int* sums, int* scans, int n) {
  __shared__ int parts[32];
  cg::thread_block block = cg::this_thread_block();
  cg::thread_block_tile<32> warp = cg::tiled_partition<32>(block);
  int i = block.group_index().x * block.size() + block.thread_rank();
  int x = i < n ? in[i] : 0;
  int sum = cg::reduce(warp, x, cg::plus<int>());
  int before = cg::exclusive_scan(warp, x);
  if (warp.thread_rank() == 0) parts[warp.meta_group_rank()] = sum;
  block.sync();
  int offset = 0;
  for (int w = 0; w < (int)warp.meta_group_rank(); w++) offset += parts[w];
  if (i < n) scans[i] = before + offset;
  if (warp.meta_group_rank() == 0) {
    int all = cg::reduce(
        warp, (int)warp.thread_rank() < (int)warp.meta_group_size() ? parts[warp.thread_rank()] : 0,
        cg::plus<int>());
    if (warp.thread_rank() == 0) sums[blockIdx.x] = all;
  }
  cg::coalesced_group odd = cg::coalesced_threads();
  if (threadIdx.x % 2) {
    cg::coalesced_group active = cg::coalesced_threads();
    if (active.thread_rank() == 0) atomicAdd(&sums[gridDim.x], (int)active.size());
  }
  auto tile = cg::tiled_partition<4>(block);
  int top = tile.shfl(x, 3);
  if (tile.any(x < 0) || top < 0) sums[0] = -1;
}

__global__ void multiply(const float* a, const float* b, float* c, int n) {
  extern __shared__ float tiles[];
  float *as = tiles, *bs = tiles + blockDim.x * blockDim.y;
  int tx = threadIdx.x, ty = threadIdx.y, t = blockDim.x, row = blockIdx.y * t + ty,
      column = blockIdx.x * t + tx;
  float sum = 0;
  for (int k = 0; k < n; k += t) {
    as[ty * t + tx] = row < n && k + tx < n ? a[row * n + k + tx] : 0;
    bs[ty * t + tx] = column < n && k + ty < n ? b[(k + ty) * n + column] : 0;
    __syncthreads();
    for (int j = 0; j < t; j++) sum += as[ty * t + j] * bs[j * t + tx];
    __syncthreads();
  }
  if (row < n && column < n) c[row * n + column] = sum;
}

__global__ void gridSum(const double* x, double* parts, double* total, int n) {
  cg::grid_group grid = cg::this_grid();
  __shared__ double sums[64];
  double mine = 0;
  for (int i = grid.thread_rank(); i < n; i += grid.size()) mine += x[i];
  sums[threadIdx.x] = mine;
  __syncthreads();
  for (int s = 32; s > 0; s /= 2) {
    if (threadIdx.x < s) sums[threadIdx.x] += sums[threadIdx.x + s];
    __syncthreads();
  }
  if (threadIdx.x == 0) parts[blockIdx.x] = sums[0];
  grid.sync();
  if (grid.thread_rank() == 0) {
    double sum = 0;
    for (int b = 0; b < gridDim.x; b++) sum += parts[b];
    *total = sum;
  }
}

static void groups() {
  const int n = 1000, blocks = 4;
  std::vector<int> in(n), sums(blocks + 1), scans(n);
  for (int i = 0; i < n; i++) in[i] = i % 13;
  int *di, *ds, *dc;
  CHECK(cudaMalloc(&di, n * 4));
  CHECK(cudaMalloc(&dc, n * 4));
  CHECK(cudaMalloc(&ds, (blocks + 1) * 4));
  CHECK(cudaMemset(ds, 0, (blocks + 1) * 4));
  CHECK(cudaMemcpy(di, in.data(), n * 4, cudaMemcpyHostToDevice));
  reduceGroups<<<blocks, 256>>>(di, ds, dc, n);
  CHECK(cudaMemcpy(sums.data(), ds, sums.size() * 4, cudaMemcpyDeviceToHost));
  CHECK(cudaMemcpy(scans.data(), dc, n * 4, cudaMemcpyDeviceToHost));
  for (int b = 0, i = 0; b < blocks; b++) {
    int sum = 0;
    for (; i < n && i < (b + 1) * 256; sum += in[i++]) WANT(scans[i] == sum);
    WANT(sums[b] == sum);
  }
  WANT(sums[blocks] == 512);
  for (int* p : {di, ds, dc}) CHECK(cudaFree(p));
  const int m = 50;
  std::vector<float> a(m * m), b(m * m), c(m * m);
  for (int i = 0; i < m * m; i++) a[i] = i % 7 - 3, b[i] = i % 5 - 2;
  float *da, *db, *dcc;
  for (float** p : {&da, &db, &dcc}) CHECK(cudaMalloc(p, m * m * 4));
  CHECK(cudaMemcpy(da, a.data(), m * m * 4, cudaMemcpyHostToDevice));
  CHECK(cudaMemcpy(db, b.data(), m * m * 4, cudaMemcpyHostToDevice));
  int minGrid, size, active;
  CHECK(cudaOccupancyMaxPotentialBlockSizeVariableSMem(&minGrid, &size, multiply,
                                                       [](int t) { return t * 8; }));
  CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&active, multiply, 256, 2048));
  WANT(size >= 32 && active > 0);
  multiply<<<dim3(4, 4), dim3(16, 16), 2 * 256 * 4>>>(da, db, dcc, m);
  CHECK(cudaMemcpy(c.data(), dcc, m * m * 4, cudaMemcpyDeviceToHost));
  for (int i = 0; i < m * m; i++) {
    float sum = 0;
    for (int k = 0; k < m; k++) sum += a[i / m * m + k] * b[k * m + i % m];
    WANT(c[i] == sum);
  }
  for (float* p : {da, db, dcc}) CHECK(cudaFree(p));
  double *x, *parts, *total;
  CHECK(cudaMallocManaged(&x, n * 8));
  CHECK(cudaMallocManaged(&parts, 64 * 8));
  CHECK(cudaMallocManaged(&total, 8));
  for (int i = 0; i < n; i++) x[i] = i;
  int count = n;
  void* arguments[] = {&x, &parts, &total, &count};
  CHECK(cudaLaunchCooperativeKernel(gridSum, dim3(5), dim3(64), arguments));
  CHECK(cudaDeviceSynchronize());
  WANT(*total == 499500);
  for (double* p : {x, parts, total}) CHECK(cudaFree(p));
}
