// block_per_item: each work-item computes blocks of a matrix product, up to TALL rows and WIDE columns, from panels that it packs in
// memory of its own. Local size 1, any global size.
//   limits  matrix_product and nothing else; the compiler must keep some hundred KiB of private memory
//   options V (16, 8, 4), HEIGHT 4, or 2 for doubles, TALL 128, WIDE 256
// Each element is added up in the order of k: TERMS terms at a time, and those sums with compensation. An element's bits depend on its terms
// alone, not on the block that it lies in.
#undef HAS_MATRIX_OUT           // elements are sums: nothing is emitted
#define ALIGNED 0
#include "lib/inputs.clh"
#include "lib/product.clh"
#ifndef HEIGHT
#ifdef IN_DOUBLE
#define HEIGHT 2
#else
#define HEIGHT 4
#endif
#endif
#ifndef TALL
#define TALL 128
#endif
#ifndef WIDE
#define WIDE 256
#endif
#define STRIPS (WIDE / V)
#define TERMS 256
REQUIRE(TALL % HEIGHT == 0 && WIDE % V == 0, blocks_are_made_of_whole_tiles)

// The rows of a block, HEIGHT of them together: their elements of the first term, then those of the second.
#define PACKED(left, i, k) left[((i) / HEIGHT * TERMS + (k)) * HEIGHT + (i) % HEIGHT]
static inline void pack_left(global const left_t *a, real *left, ulong row, uint high, ulong from, uint terms, ulong rows, ulong inner) {
#ifdef A_TRANSPOSED
  for (uint k = 0; k < terms; k++)
    for (uint i = 0; i < high; i++) PACKED(left, i, k) = LEFT(a[(from + k) * rows + row + i]);
#else
  for (uint i = 0; i < high; i++)
    for (uint k = 0; k < terms; k++) PACKED(left, i, k) = LEFT(a[(row + i) * inner + from + k]);
#endif
  for (uint i = high; i % HEIGHT != 0; i++)
    for (uint k = 0; k < terms; k++) PACKED(left, i, k) = 0;
}

// V columns of b from j on, n of which are there, for some terms.
static inline void pack_right(global const right_t *b, elem *right, uint j, uint n, ulong from, uint terms, uint cols, ulong inner) {
#ifdef B_TRANSPOSED
  real *lanes = (real *)right;
  for (uint lane = 0; lane < V; lane++) {
    global const right_t *row = b + (j + (ulong)min(lane, n - 1)) * inner + from;
    for (uint k = 0; k < terms; k++) lanes[k * V + lane] = RIGHT(row[k]);
  }
#else
  for (uint k = 0; k < terms; k++) {
    global const right_t *p = b + (from + k) * cols + j;
    right[k] = n < V ? RIGHT_FIRST(p, n) : RIGHT_LOAD(p);
  }
#endif
}

kernel void ENTRY(block_per_item)(OPERAND_PARAMETERS ulong rows, uint cols SCALAR_PARAMETERS) {
  OPERANDS(all)
  global const left_t *a = (global const left_t *)arg_a + arg_a_first;
  global const right_t *b = (global const right_t *)arg_b + arg_b_first;
  global result_t *c = (global result_t *)arg_c + arg_c_first;
  const ulong inner = (ulong)all.inner;
  // Even blocks: two of 36 rows, not one of 64 and one of 8.
  const ulong pieces = (rows + TALL - 1) / TALL;
  const uint tall = (uint)(((rows + pieces - 1) / pieces + HEIGHT - 1) / HEIGHT * HEIGHT);
  const uint strips = (cols + V - 1) / V, parts = (strips + STRIPS - 1) / STRIPS, wide = (strips + parts - 1) / parts;
  const ulong across = (strips + wide - 1) / wide, blocks = (rows + tall - 1) / tall * across;
  const size_t worker = get_global_id(0), workers = get_global_size(0);
  elem right[TERMS], sum[STRIPS * TALL], lost[STRIPS * TALL];
  real left[TALL * TERMS];
  for (ulong block = blocks * worker / workers, end = blocks * (worker + 1) / workers; block < end; block++) {
    const ulong row = block / across * tall;
    const uint high = (uint)min((ulong)tall, rows - row), first = (uint)(block % across) * wide;
    const uint last = min(first + wide, strips);
    for (uint t = 0; t < (last - first) * TALL; t++) sum[t] = lost[t] = (elem)0;
    for (ulong from = 0; from < inner; from += TERMS) {
      const uint terms = (uint)min((ulong)TERMS, inner - from);
      pack_left(a, left, row, high, from, terms, rows, inner);
      for (uint strip = first; strip < last; strip++) {
        const uint j = strip * V;
        pack_right(b, right, j, min(cols - j, (uint)V), from, terms, cols, inner);
        for (uint i = 0; i < high; i += HEIGHT) {
          elem part[HEIGHT];
          #pragma unroll
          for (uint h = 0; h < HEIGHT; h++) part[h] = (elem)0;
          const real *tile = left + i * TERMS;
          for (uint k = 0; k < terms; k++) {
            const elem values = right[k];
            #pragma unroll
            for (uint h = 0; h < HEIGHT; h++) part[h] += tile[k * HEIGHT + h] * values;
          }
          const uint to = (strip - first) * TALL + i;
          #pragma unroll
          for (uint h = 0; h < HEIGHT; h++) sum[to + h] = add_lanes(sum[to + h], part[h], &lost[to + h]);
        }
      }
    }
    for (uint i = 0; i < high; i++) {
      for (uint strip = first; strip < last; strip++) {
        const uint j = strip * V, n = min(cols - j, (uint)V), t = (strip - first) * TALL + i;
        FINISH(sum[t], lost[t], row + i, j, n)
      }
    }
  }
}
