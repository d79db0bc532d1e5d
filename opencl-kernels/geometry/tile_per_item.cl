// tile_per_item: each work-item computes tiles of a matrix product, HEIGHT rows and V columns. Local size 1, any global size.
//   limits  matrix_product and nothing else
//   options V (16, 8, 4), HEIGHT 4
// Each element is added up in the order of k: CHUNK terms at a time, and those sums with compensation, so that a sum over
// millions of rows loses no digits and has the same bits on every launch. 64 terms at a time take 5 to 11 % less (pocl, 8192 x 1000), and
// err by 15 ulp where one term is far above the others.
#undef HAS_MATRIX_OUT           // elements are sums: nothing is emitted
#define ALIGNED 0
#include "lib/inputs.clh"
#ifndef HEIGHT
#define HEIGHT 4
#endif
#define CHUNK 16

#include "lib/product.clh"

static inline real left(global const left_t *a, size_t i, size_t k, size_t rows, size_t inner) {
#ifdef A_TRANSPOSED
  return LEFT(a[k * rows + i]);
#else
  return LEFT(a[i * inner + k]);
#endif
}
// Columns [j, j + n) of row k, then zeros.
static inline elem right(global const right_t *b, size_t k, size_t j, uint n, size_t cols, size_t inner) {
#ifdef B_TRANSPOSED
  ElemLanes u;
  #pragma unroll
  for (uint lane = 0; lane < V; lane++) u.lane[lane] = lane < n ? RIGHT(b[(j + lane) * inner + k]) : (real)0;
  return u.v;
#else
  global const right_t *p = b + k * cols + j;
  return n < V ? RIGHT_FIRST(p, n) : RIGHT_LOAD(p);
#endif
}

kernel void ENTRY(tile_per_item)(OPERAND_PARAMETERS ulong rows, uint cols SCALAR_PARAMETERS) {
  const ulong across = ((ulong)cols + V - 1) / V, tiles = (rows + HEIGHT - 1) / HEIGHT * across;
  const size_t worker = get_global_id(0), workers = get_global_size(0);
  OPERANDS(all)
  global const left_t *a = (global const left_t *)arg_a + arg_a_first;
  global const right_t *b = (global const right_t *)arg_b + arg_b_first;
  global result_t *c = (global result_t *)arg_c + arg_c_first;
  for (ulong tile = tiles * worker / workers, end = tiles * (worker + 1) / workers; tile < end; tile++) {
    const ulong i = tile / across * HEIGHT;
    const uint j = (uint)(tile % across) * V, n = min(cols - j, (uint)V);
    elem sum[HEIGHT], lost[HEIGHT];
    #pragma unroll
    for (uint h = 0; h < HEIGHT; h++) sum[h] = lost[h] = (elem)0;
    for (uint from = 0; from < (uint)all.inner; from += CHUNK) {
      elem part[HEIGHT];
      #pragma unroll
      for (uint h = 0; h < HEIGHT; h++) part[h] = (elem)0;
      for (uint k = from, to = min(from + CHUNK, (uint)all.inner); k < to; k++) {
        const elem terms = right(b, k, j, n, cols, all.inner);
        #pragma unroll
        for (uint h = 0; h < HEIGHT; h++) part[h] += left(a, min(i + h, rows - 1), k, rows, all.inner) * terms;
      }
      #pragma unroll
      for (uint h = 0; h < HEIGHT; h++) sum[h] = add_lanes(sum[h], part[h], &lost[h]);
    }
    #pragma unroll
    for (uint h = 0; h < HEIGHT; h++) {
      if (i + h < rows) FINISH(sum[h], lost[h], i + h, j, n)
    }
  }
}
