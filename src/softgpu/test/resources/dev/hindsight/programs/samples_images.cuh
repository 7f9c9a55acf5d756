// Arrays, textures and surfaces of all shapes.
__global__ void rotate(float* out, cudaTextureObject_t image, int width, int height, float angle) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= width || y >= height) return;
  float u = (float)x - width / 2, v = (float)y - height / 2;
  float s = (u * cosf(angle) - v * sinf(angle)) / width + 0.5f,
        t = (v * cosf(angle) + u * sinf(angle)) / height + 0.5f;
  out[y * width + x] = tex2D<float>(image, s, t);
}

static void texture2d() {
  const int width = 16, height = 8;
  std::vector<float> image(width * height), got(width * height);
  for (int i = 0; i < width * height; i++) image[i] = (i * 37 % 101) / 101.0f;
  cudaChannelFormatDesc format = cudaCreateChannelDesc(32, 0, 0, 0, cudaChannelFormatKindFloat);
  cudaArray_t array;
  CHECK(cudaMallocArray(&array, &format, width, height));
  CHECK(cudaMemcpyToArray(array, 0, 0, image.data(), image.size() * 4, cudaMemcpyHostToDevice));
  cudaResourceDesc resource = {};
  resource.resType = cudaResourceTypeArray;
  resource.res.array.array = array;
  cudaTextureDesc sampling = {};
  sampling.normalizedCoords = true;
  sampling.filterMode = cudaFilterModePoint;
  sampling.addressMode[0] = sampling.addressMode[1] = cudaAddressModeWrap;
  cudaTextureObject_t texture;
  CHECK(cudaCreateTextureObject(&texture, &resource, &sampling, nullptr));
  float* out;
  CHECK(cudaMalloc(&out, image.size() * 4));
  rotate<<<dim3(2, 1), dim3(8, 8)>>>(out, texture, width, height, 0);
  CHECK(cudaMemcpy(got.data(), out, image.size() * 4, cudaMemcpyDeviceToHost));
  WANT(got == image);
  rotate<<<dim3(2, 1), dim3(8, 8)>>>(out, texture, width, height, 3.14159265f);
  CHECK(cudaMemcpy(got.data(), out, image.size() * 4, cudaMemcpyDeviceToHost));
  cudaResourceDesc r2;
  cudaTextureDesc t2;
  CHECK(cudaGetTextureObjectResourceDesc(&r2, texture));
  CHECK(cudaGetTextureObjectTextureDesc(&t2, texture));
  WANT(r2.res.array.array == array && t2.normalizedCoords == 1 &&
       t2.addressMode[1] == cudaAddressModeWrap);
  cudaExtent extent;
  unsigned flags;
  CHECK(cudaArrayGetInfo(&format, &extent, &flags, array));
  WANT(format.x == 32 && format.f == cudaChannelFormatKindFloat && extent.width == 16 &&
       extent.height == 8);
  CHECK(cudaDestroyTextureObject(texture));
  CHECK(cudaFreeArray(array));
  CHECK(cudaFree(out));
}

__global__ void readLayer(float* out, cudaTextureObject_t image, int width, int layer) {
  int x = threadIdx.x, y = threadIdx.y;
  float u = (x + 0.5f) / width, v = (y + 0.5f) / width;
  out[(layer * width + y) * width + x] = -tex2DLayered<float>(image, u, v, layer) + layer;
}

__global__ void readCube(float* out, cudaTextureObject_t image, int width) {
  int x = threadIdx.x, y = threadIdx.y;
  float u = (x + 0.5f) / width * 2 - 1, v = (y + 0.5f) / width * 2 - 1;
  for (int face = 0; face < 6; face++) {
    float cx = 0, cy = 0, cz = 0;
    if (face == 0) cx = 1, cy = -v, cz = -u;
    if (face == 1) cx = -1, cy = -v, cz = u;
    if (face == 2) cy = 1, cz = v, cx = u;
    if (face == 3) cy = -1, cz = -v, cx = u;
    if (face == 4) cz = 1, cx = u, cy = -v;
    if (face == 5) cz = -1, cx = -u, cy = -v;
    out[(face * width + y) * width + x] = texCubemap<float>(image, cx, cy, cz);
  }
}

__global__ void readVolume(float* out, cudaTextureObject_t image, int n) {
  int x = threadIdx.x, y = threadIdx.y, z = threadIdx.z;
  out[(z * n + y) * n + x] = tex3D<float>(image, (x + 1.0f), y + 0.5f, z + 0.5f);
}

static void layered() {
  const int w = 8, depth = 6;
  std::vector<float> image(w * w * depth), got(image.size());
  for (size_t i = 0; i < image.size(); i++) image[i] = (float)i;
  float* out;
  CHECK(cudaMalloc(&out, image.size() * 4));
  cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  for (int kind = 0; kind < 3; kind++) {
    unsigned flags = kind == 0 ? cudaArrayLayered : kind == 1 ? cudaArrayCubemap : 0;
    cudaArray_t array;
    CHECK(cudaMalloc3DArray(&array, &format, make_cudaExtent(w, w, depth), flags));
    cudaMemcpy3DParms copy = {};
    copy.srcPtr = make_cudaPitchedPtr(image.data(), w * sizeof(float), w, w);
    copy.dstArray = array;
    copy.extent = make_cudaExtent(w, w, depth);
    copy.kind = cudaMemcpyHostToDevice;
    CHECK(cudaMemcpy3D(&copy));
    cudaResourceDesc resource = {};
    resource.resType = cudaResourceTypeArray;
    resource.res.array.array = array;
    cudaTextureDesc sampling = {};
    sampling.normalizedCoords = kind < 2;
    sampling.filterMode = kind == 1 ? cudaFilterModePoint : cudaFilterModeLinear;
    sampling.addressMode[0] = sampling.addressMode[1] = sampling.addressMode[2] =
        kind < 2 ? cudaAddressModeWrap : cudaAddressModeClamp;
    cudaTextureObject_t texture;
    CHECK(cudaCreateTextureObject(&texture, &resource, &sampling, nullptr));
    if (kind == 0) {
      for (int layer = 0; layer < depth; layer++)
        readLayer<<<1, dim3(w, w)>>>(out, texture, w, layer);
    } else if (kind == 1) {
      readCube<<<1, dim3(w, w)>>>(out, texture, w);
    } else {
      readVolume<<<1, dim3(6, 6, 6)>>>(out, texture, 6);
    }
    CHECK(cudaGetLastError());
    CHECK(cudaMemcpy(got.data(), out, image.size() * 4, cudaMemcpyDeviceToHost));
    for (int z = 0; z < (kind < 2 ? depth : 6); z++) {
      for (int y = 0; y < (kind < 2 ? w : 6); y++) {
        for (int x = 0; x < (kind < 2 ? w : 6); x++) {
          float is = image[(z * w + y) * w + x];
          if (kind == 0) WANT(got[(z * w + y) * w + x] == z - is);
          if (kind == 1) WANT(got[(z * w + y) * w + x] == is);
          if (kind == 2) WANT(got[(z * 6 + y) * 6 + x] == is + 0.5f);
        }
      }
    }
    if (kind == 0) {
      std::vector<float> back(w * w * 2, 0);
      cudaMemcpy3DParms out3 = {};
      out3.srcArray = array;
      out3.srcPos = make_cudaPos(0, 1, 2);
      out3.dstPtr = make_cudaPitchedPtr(back.data(), w * sizeof(float), w, w);
      out3.extent = make_cudaExtent(w, w - 1, 2);
      out3.kind = cudaMemcpyDeviceToHost;
      CHECK(cudaMemcpy3D(&out3));
      WANT(back[0] == image[(2 * w + 1) * w] && back[w * w + 3] == image[(3 * w + 1) * w + 3]);
    }
    CHECK(cudaDestroyTextureObject(texture));
    CHECK(cudaFreeArray(array));
  }
  CHECK(cudaFree(out));
}

__global__ void shift(float* out, size_t pitch, cudaTextureObject_t image, int width, int height,
                      int dx, int dy) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x < width && y < height)
    out[y * pitch / 4 + x] = tex2D<float>(image, (x + dx + 0.5f) / width, (y + dy + 0.5f) / height);
}

__global__ void fetch1d(uchar4* out, cudaTextureObject_t words, int n) {
  int i = threadIdx.x;
  if (i < n) out[i] = tex1Dfetch<uchar4>(words, n - 1 - i);
}

static void pitchLinear() {
  const int width = 20, height = 12;
  std::vector<float> image(width * height), got(image.size());
  for (size_t i = 0; i < image.size(); i++) image[i] = (float)i;
  float *in, *out;
  size_t pitch, pitch2;
  CHECK(cudaMallocPitch(&in, &pitch, width * sizeof(float), height));
  CHECK(cudaMallocPitch(&out, &pitch2, width * sizeof(float), height));
  CHECK(cudaMemset2D(out, pitch2, 0, pitch2, height));
  CHECK(
      cudaMemcpy2D(in, pitch, image.data(), width * 4, width * 4, height, cudaMemcpyHostToDevice));
  cudaResourceDesc resource = {};
  resource.resType = cudaResourceTypePitch2D;
  resource.res.pitch2D.devPtr = in;
  resource.res.pitch2D.desc = cudaCreateChannelDesc<float>();
  resource.res.pitch2D.width = width;
  resource.res.pitch2D.height = height;
  resource.res.pitch2D.pitchInBytes = pitch;
  cudaTextureDesc sampling = {};
  sampling.normalizedCoords = 1;
  sampling.addressMode[0] = sampling.addressMode[1] = cudaAddressModeWrap;
  cudaTextureObject_t texture;
  CHECK(cudaCreateTextureObject(&texture, &resource, &sampling, nullptr));
  shift<<<dim3(2, 1), dim3(16, 16)>>>(out, pitch2, texture, width, height, 5, 3);
  CHECK(
      cudaMemcpy2D(got.data(), width * 4, out, pitch2, width * 4, height, cudaMemcpyDeviceToHost));
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      WANT(got[y * width + x] == image[(y + 3) % height * width + (x + 5) % width]);
  CHECK(cudaDestroyTextureObject(texture));
  uchar4 bytes[9], back[9], *dw, *db;
  for (int i = 0; i < 9; i++) bytes[i] = make_uchar4(i, 2 * i, 3 * i, 255);
  CHECK(cudaMalloc(&dw, sizeof bytes));
  CHECK(cudaMalloc(&db, sizeof bytes));
  CHECK(cudaMemcpy(dw, bytes, sizeof bytes, cudaMemcpyHostToDevice));
  cudaResourceDesc linear = {};
  linear.resType = cudaResourceTypeLinear;
  linear.res.linear.devPtr = dw;
  linear.res.linear.desc = cudaCreateChannelDesc<uchar4>();
  linear.res.linear.sizeInBytes = sizeof bytes;
  cudaTextureDesc plain = {};
  CHECK(cudaCreateTextureObject(&texture, &linear, &plain, nullptr));
  fetch1d<<<1, 32>>>(db, texture, 9);
  CHECK(cudaMemcpy(back, db, sizeof back, cudaMemcpyDeviceToHost));
  for (int i = 0; i < 9; i++) WANT(memcmp(&back[i], &bytes[8 - i], 4) == 0);
  CHECK(cudaDestroyTextureObject(texture));
  cudaPitchedPtr volume;
  CHECK(cudaMalloc3D(&volume, make_cudaExtent(10 * sizeof(int), 4, 3)));
  CHECK(cudaMemset3D(volume, 7, make_cudaExtent(10 * sizeof(int), 4, 3)));
  int slab[3][4][10];
  cudaMemcpy3DParms copy = {};
  copy.srcPtr = volume;
  copy.dstPtr = make_cudaPitchedPtr(slab, 40, 10, 4);
  copy.extent = make_cudaExtent(40, 4, 3);
  copy.kind = cudaMemcpyDeviceToHost;
  CHECK(cudaMemcpy3D(&copy));
  WANT(slab[2][3][9] == 0x07070707 && slab[0][0][0] == 0x07070707);
  for (void* p : {(void*)in, (void*)out, (void*)dw, (void*)db, volume.ptr}) CHECK(cudaFree(p));
}

__global__ void writeSurface(cudaSurfaceObject_t to, int width, int height) {
  int x = threadIdx.x, y = threadIdx.y;
  if (x < width && y < height) surf2Dwrite(make_float2(x, y), to, x * 8, y);
}

static void surfaces() {
  const int width = 5, height = 3;
  cudaChannelFormatDesc format = cudaCreateChannelDesc<float2>();
  cudaArray_t array;
  CHECK(cudaMallocArray(&array, &format, width, height, cudaArraySurfaceLoadStore));
  cudaResourceDesc resource = {};
  resource.resType = cudaResourceTypeArray;
  resource.res.array.array = array;
  cudaSurfaceObject_t surface;
  CHECK(cudaCreateSurfaceObject(&surface, &resource));
  writeSurface<<<1, dim3(8, 4)>>>(surface, width, height);
  float2 got[height][width];
  CHECK(cudaMemcpy2DFromArray(got, sizeof got[0], array, 0, 0, width * 8, height,
                              cudaMemcpyDeviceToHost));
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) WANT(got[y][x].x == x && got[y][x].y == y);
  CHECK(cudaDestroySurfaceObject(surface));
  CHECK(cudaFreeArray(array));
}

// Each level is the mean of four texels of the one above, which is read as a texture.
__global__ void halve(cudaSurfaceObject_t to, cudaTextureObject_t from, int width, int height) {
  int x = threadIdx.x, y = threadIdx.y;
  if (x >= width || y >= height) return;
  float u = (x + 0.5f) / width, v = (y + 0.5f) / height;
  surf2Dwrite(tex2D<float>(from, u, v), to, x * 4, y);
}

__global__ void readLevels(float* out, cudaTextureObject_t image, int n) {
  int i = threadIdx.x;
  if (i < n) out[i] = tex2DLod<float>(image, 0.3f, 0.7f, i * 0.5f);
}

static void mipmaps() {
  const int width = 16, levels = 4;
  std::vector<float> image(width * width);
  for (size_t i = 0; i < image.size(); i++) image[i] = i * 37 % 101;
  cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  cudaMipmappedArray_t all;
  CHECK(cudaMallocMipmappedArray(&all, &format, make_cudaExtent(width, width, 0), levels,
                                 cudaArraySurfaceLoadStore));
  cudaTextureDesc sampling = {};
  sampling.normalizedCoords = 1;
  sampling.filterMode = cudaFilterModeLinear;
  sampling.addressMode[0] = sampling.addressMode[1] = cudaAddressModeClamp;
  std::vector<std::vector<float>> wanted = {image};
  cudaArray_t above;
  CHECK(cudaGetMipmappedArrayLevel(&above, all, 0));
  CHECK(cudaMemcpy2DToArray(above, 0, 0, image.data(), width * 4, width * 4, width,
                            cudaMemcpyHostToDevice));
  for (int level = 1, w = width / 2; level < levels; level++, w /= 2) {
    cudaArray_t below;
    CHECK(cudaGetMipmappedArrayLevel(&below, all, level));
    cudaResourceDesc from = {}, to = {};
    from.resType = to.resType = cudaResourceTypeArray;
    from.res.array.array = above;
    to.res.array.array = below;
    cudaTextureObject_t texture;
    cudaSurfaceObject_t surface;
    CHECK(cudaCreateTextureObject(&texture, &from, &sampling, nullptr));
    CHECK(cudaCreateSurfaceObject(&surface, &to));
    halve<<<1, dim3(16, 16)>>>(surface, texture, w, w);
    CHECK(cudaGetLastError());
    CHECK(cudaDestroyTextureObject(texture));
    CHECK(cudaDestroySurfaceObject(surface));
    std::vector<float> mean(w * w);
    for (int i = 0; i < w * w; i++) {
      const float* at = &wanted.back()[i / w * 2 * 2 * w + i % w * 2];
      mean[i] = (at[0] + at[1] + at[2 * w] + at[2 * w + 1]) / 4;
    }
    wanted.push_back(mean);
    above = below;
  }
  cudaResourceDesc resource = {};
  resource.resType = cudaResourceTypeMipmappedArray;
  resource.res.mipmap.mipmap = all;
  sampling.filterMode = cudaFilterModePoint;
  sampling.mipmapFilterMode = cudaFilterModeLinear;
  sampling.maxMipmapLevelClamp = levels - 1;
  cudaTextureObject_t texture;
  CHECK(cudaCreateTextureObject(&texture, &resource, &sampling, nullptr));
  float got[8], *out;
  CHECK(cudaMalloc(&out, sizeof got));
  readLevels<<<1, 32>>>(out, texture, 8);
  CHECK(cudaMemcpy(got, out, sizeof got, cudaMemcpyDeviceToHost));
  for (int i = 0; i < 8; i++) {
    float level[2];
    for (int k = 0; k < 2; k++) {
      int l = std::min(levels - 1, i / 2 + k), w = width >> l;
      level[k] = wanted[l][(int)(0.7f * w) * w + (int)(0.3f * w)];
    }
    WANT(near(got[i], i % 2 ? (level[0] + level[1]) / 2 : level[0]));
  }
  CHECK(cudaDestroyTextureObject(texture));
  CHECK(cudaFreeMipmappedArray(all));
  CHECK(cudaFree(out));
}
