// tile_per_group: each work-group computes tiles of a matrix product, SIDE rows and SIDE columns, from pieces of both factors in local
// memory: DEPTH terms of each at a time. A member computes four rows of V columns. Local size GROUP, any number of groups.
//   limits  matrix_product and nothing else
//   options V 4; GROUP 256, 64, 16
// Each element is added up in the order of k: TERMS terms at a time, and those sums with compensation.
#undef HAS_MATRIX_OUT           // elements are sums: nothing is emitted
#define ALIGNED 0
#include "lib/inputs.clh"
#include "lib/product.clh"
#ifndef GROUP
#define GROUP 64
#endif
#define HEIGHT 4
#if V != 4
#error "-DV=4: a tile is square"
#endif
#if GROUP == 256
#define ACROSS 16               // members of a row of them
#elif GROUP == 64
#define ACROSS 8
#elif GROUP == 16
#define ACROSS 4
#else
#error "-DGROUP=256, 64 or 16: a square of members"
#endif
#define SIDE (ACROSS * V)
#define DEPTH 16
#define TERMS 256

// A piece of a factor: SIDE lanes (rows of a, columns of b) of DEPTH terms, 0 beyond the factor's ends. What lies together in memory is read
// by neighbours: lanes, or with `by_lane` the terms of a lane.
#define FILL_PIECE(piece, by_lane, lanes, first_lane, first_term, terms, element)        \
  for (uint e = get_local_id(0); e < SIDE * DEPTH; e += GROUP) {                         \
    const uint lane = by_lane ? e / DEPTH : e % SIDE, term = by_lane ? e % DEPTH : e / SIDE; \
    const ulong at = first_lane + lane, k = first_term + term;                           \
    piece[term * SIDE + lane] = at < lanes && k < terms ? element : (real)0;             \
  }
#ifdef A_TRANSPOSED
#define FILL_LEFT FILL_PIECE(left, 0, rows, row, from, inner, LEFT(a[k * rows + at]))
#else
#define FILL_LEFT FILL_PIECE(left, 1, rows, row, from, inner, LEFT(a[at * inner + k]))
#endif
#ifdef B_TRANSPOSED
#define FILL_RIGHT FILL_PIECE(right, 1, cols, col, from, inner, RIGHT(b[at * inner + k]))
#else
#define FILL_RIGHT FILL_PIECE(right, 0, cols, col, from, inner, RIGHT(b[k * cols + at]))
#endif

kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void ENTRY(tile_per_group)(OPERAND_PARAMETERS ulong rows, uint cols SCALAR_PARAMETERS) {
  local real left[DEPTH * SIDE], right[DEPTH * SIDE];
  FITS_LOCAL(sizeof(left) + sizeof(right))
  OPERANDS(all)
  global const left_t *a = (global const left_t *)arg_a + arg_a_first;
  global const right_t *b = (global const right_t *)arg_b + arg_b_first;
  global result_t *c = (global result_t *)arg_c + arg_c_first;
  const ulong inner = (ulong)all.inner;
  const uint mine = get_local_id(0) / ACROSS * HEIGHT, across = get_local_id(0) % ACROSS * V;
  const ulong beside = ((ulong)cols + SIDE - 1) / SIDE, tiles = (rows + SIDE - 1) / SIDE * beside;
  for (ulong tile = get_group_id(0); tile < tiles; tile += get_num_groups(0)) {
    const ulong row = tile / beside * SIDE, col = tile % beside * SIDE;
    elem sum[HEIGHT], lost[HEIGHT], part[HEIGHT];
    #pragma unroll
    for (uint h = 0; h < HEIGHT; h++) sum[h] = lost[h] = part[h] = (elem)0;
    for (ulong from = 0; from < inner; from += DEPTH) {
      FILL_LEFT
      FILL_RIGHT
      barrier(CLK_LOCAL_MEM_FENCE);
      for (uint k = 0; k < DEPTH; k++) {
        const elem values = vload4(0, right + k * SIDE + across);
        #pragma unroll
        for (uint h = 0; h < HEIGHT; h++) part[h] += left[k * SIDE + mine + h] * values;
      }
      barrier(CLK_LOCAL_MEM_FENCE);
      if ((from + DEPTH) % TERMS == 0 || from + DEPTH >= inner) {
        #pragma unroll
        for (uint h = 0; h < HEIGHT; h++) {
          sum[h] = add_lanes(sum[h], part[h], &lost[h]);
          part[h] = (elem)0;
        }
      }
    }
    #pragma unroll
    for (uint h = 0; h < HEIGHT; h++) {
      const ulong i = row + mine + h, j = col + across;
      if (i < rows && j < cols) {
        const uint n = (uint)min((ulong)V, cols - j);
        FINISH(sum[h], lost[h], i, j, n)
      }
    }
  }
}
