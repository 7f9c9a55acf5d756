// Kernels that read and write textures and surfaces.
#define KERNEL extern "C" __global__ void
#define AT (blockIdx.x * blockDim.x + threadIdx.x)
typedef cudaTextureObject_t Texture;
typedef cudaSurfaceObject_t Surface;

// n threads, each with coordinates of its own.
KERNEL of_line(Texture t, const float* c, float* y, int n) {
  if (AT < n) y[AT] = tex1D<float>(t, c[3 * AT]);
}
KERNEL of_plane(Texture t, const float* c, float4* y, int n) {
  if (AT < n) y[AT] = tex2D<float4>(t, c[3 * AT], c[3 * AT + 1]);
}
KERNEL of_volume(Texture t, const float* c, float* y, int n) {
  if (AT < n) y[AT] = tex3D<float>(t, c[3 * AT], c[3 * AT + 1], c[3 * AT + 2]);
}
KERNEL of_layers(Texture t, const float* c, float* y, int n) {
  if (AT < n) y[AT] = tex2DLayered<float>(t, c[3 * AT], c[3 * AT + 1], (int)c[3 * AT + 2]);
}
KERNEL of_cube(Texture t, const float* c, float* y, int n) {
  if (AT < n) y[AT] = texCubemap<float>(t, c[3 * AT], c[3 * AT + 1], c[3 * AT + 2]);
}
KERNEL gathered(Texture t, const float* c, float4* y, int n) {
  if (AT < n) y[AT] = tex2Dgather<float4>(t, c[3 * AT], c[3 * AT + 1], 0);
}
KERNEL of_texels(Texture t, const float* c, int4* y, int n) {
  if (AT >= n) return;
  char4 v = tex2D<char4>(t, c[3 * AT], c[3 * AT + 1]);
  y[AT] = make_int4(v.x, v.y, v.z, v.w);
}
KERNEL of_memory(Texture t, const float* c, float* y, int n) {
  if (AT < n) y[AT] = tex1Dfetch<float>(t, (int)c[3 * AT]);
}

// Adds 1 to each texel, from the other side, and notes how large the surface is.
KERNEL mirrored(Surface from, Surface to, int width, int height, int* size) {
  int x = AT, y = blockIdx.y;
  if (x < width) surf2Dwrite(surf2Dread<float>(from, 4 * x, y) + 1, to, 4 * (width - 1 - x), height - 1 - y);
  if (x == 0 && y == 0) {
    asm("suq.width.b32 %0, [%1];" : "=r"(size[0]) : "l"(to));
    asm("suq.height.b32 %0, [%1];" : "=r"(size[1]) : "l"(to));
  }
}
KERNEL edges(Surface s, float* y) {
  y[0] = surf2Dread<float>(s, -4, 100, cudaBoundaryModeClamp);
  y[1] = surf2Dread<float>(s, -4, 1, cudaBoundaryModeZero);
  surf2Dwrite(99.0f, s, 1000, 0, cudaBoundaryModeZero);
  surf2Dwrite(77.0f, s, 1000, 0, cudaBoundaryModeClamp);
}
KERNEL slices(Surface s, int width, int height) {
  int x = AT, y = blockIdx.y, z = blockIdx.z;
  if (x < width) surf3Dwrite((short)(x + 10 * y + 100 * z), s, 2 * x, y, z);
}

// Faults.
KERNEL written_beyond(Surface s, int width) { surf2Dwrite(1.0f, s, 4 * (width - 31 + (int)threadIdx.x), 0); }
KERNEL written_between(Surface s) { surf2Dwrite(1.0f, s, 4 * threadIdx.x + 2, 0); }

// Levels: the fourth number of each four is the level, or how much the coordinates change.
KERNEL of_line_level(Texture t, const float* c, float* y, int n) {
  if (AT < n) y[AT] = tex1DLod<float>(t, c[4 * AT], c[4 * AT + 3]);
}
KERNEL of_plane_level(Texture t, const float* c, float* y, int n) {
  if (AT < n) y[AT] = tex2DLod<float>(t, c[4 * AT], c[4 * AT + 1], c[4 * AT + 3]);
}
KERNEL of_volume_level(Texture t, const float* c, float* y, int n) {
  if (AT < n) y[AT] = tex3DLod<float>(t, c[4 * AT], c[4 * AT + 1], c[4 * AT + 2], c[4 * AT + 3]);
}
KERNEL of_layers_level(Texture t, const float* c, float* y, int n) {
  if (AT < n) y[AT] = tex2DLayeredLod<float>(t, c[4 * AT], c[4 * AT + 1], (int)c[4 * AT + 2], c[4 * AT + 3]);
}
KERNEL of_cube_level(Texture t, const float* c, float* y, int n) {
  if (AT < n) y[AT] = texCubemapLod<float>(t, c[4 * AT], c[4 * AT + 1], c[4 * AT + 2], c[4 * AT + 3]);
}
KERNEL of_plane_change(Texture t, const float* c, float* y, int n) {
  float d = c[AT % n * 4 + 3];
  if (AT < n) y[AT] = tex2DGrad<float>(t, c[4 * AT], c[4 * AT + 1], make_float2(d, 0), make_float2(d / 8, d / 16));
}
KERNEL of_plane_first(Texture t, const float* c, float* y, int n) {
  if (AT < n) y[AT] = tex2D<float>(t, c[4 * AT], c[4 * AT + 1]);
}
KERNEL levels(Texture t, int* y) {
  asm("txq.num_mipmap_levels.b32 %0, [%1];" : "=r"(y[0]) : "l"(t));
  asm("txq.level.width.b32 %0, [%1], %2;" : "=r"(y[1]) : "l"(t), "r"(2));
  asm("txq.level.height.b32 %0, [%1], %2;" : "=r"(y[2]) : "l"(t), "r"(2));
  asm("txq.width.b32 %0, [%1];" : "=r"(y[3]) : "l"(t));
}
