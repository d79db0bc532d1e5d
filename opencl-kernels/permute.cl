// permute: y = x with its axes in another order, moved as they are: data_t is an integer of the elements' size.
// reads  x  once        writes y  once
// The host merges what stays together (matrix/Permutation.java): dimension 0 is the innermost of y, dimension 1 that of x, or
// where x and y agree on the innermost, the next of y; `from` and `to` are the strides of x and y. A tile is SIDE x SIDE of the
// first two dimensions, so that both sides are touched by whole cache lines. x and y begin at elements x_first and y_first of
// their buffers.
#ifndef SIDE
#define SIDE 32u
#endif
typedef struct { size_t from, to; uint n0, n1; } Tile;

static inline ulong tiles_of(ulong8 sizes) {
  return ((sizes.s0 + SIDE - 1) / SIDE) * ((sizes.s1 + SIDE - 1) / SIDE) * sizes.s2 * sizes.s3 * sizes.s4 * sizes.s5 * sizes.s6 * sizes.s7;
}
static inline Tile tile_at(ulong tile, ulong8 sizes, ulong8 from, ulong8 to) {
  const ulong across = (sizes.s0 + SIDE - 1) / SIDE, down = (sizes.s1 + SIDE - 1) / SIDE;
  const ulong j0 = tile % across * SIDE, j1 = tile / across % down * SIDE;
  Tile t;
  t.from = j0 * from.s0 + j1 * from.s1;
  t.to = j0 * to.s0 + j1 * to.s1;
  t.n0 = (uint)min((ulong)SIDE, sizes.s0 - j0);
  t.n1 = (uint)min((ulong)SIDE, sizes.s1 - j1);
  tile /= across * down;
#define STEP_OF(k)                                                                       \
  t.from += tile % sizes.k * from.k;                                                     \
  t.to += tile % sizes.k * to.k;                                                         \
  tile /= sizes.k;
  STEP_OF(s2) STEP_OF(s3) STEP_OF(s4) STEP_OF(s5) STEP_OF(s6) STEP_OF(s7)
  return t;
}

#ifdef GROUP
// Through local memory: read along dimension 1, written along dimension 0. Local size GROUP, a multiple of SIDE.
kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void permute(global const data_t *x, ulong x_first, global data_t *y, ulong y_first, ulong8 sizes, ulong8 from, ulong8 to) {
  local data_t block[SIDE][SIDE + 1];
  x += x_first;
  y += y_first;
  const uint a = get_local_id(0) % SIDE, b = get_local_id(0) / SIDE;
  const ulong tiles = tiles_of(sizes);
  for (ulong tile = get_group_id(0); tile < tiles; tile += get_num_groups(0)) {
    const Tile t = tile_at(tile, sizes, from, to);
    const int along = from.s0 == 1;            // the innermost is the same: nothing to turn
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint r = b; r < SIDE; r += GROUP / SIDE) {
      const uint j0 = along ? a : r, j1 = along ? r : a;
      if (j0 < t.n0 && j1 < t.n1) block[j1][j0] = x[t.from + j0 * from.s0 + j1 * from.s1];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint r = b; r < t.n1; r += GROUP / SIDE) if (a < t.n0) y[t.to + a * to.s0 + r * to.s1] = block[r][a];
  }
}
#else
// One work-item takes tile after tile, through a block that stays in its first-level cache.
kernel void permute(global const data_t *x, ulong x_first, global data_t *y, ulong y_first, ulong8 sizes, ulong8 from, ulong8 to) {
  data_t block[SIDE * SIDE];
  x += x_first;
  y += y_first;
  const ulong tiles = tiles_of(sizes);
  for (ulong tile = tiles * get_global_id(0) / get_global_size(0), end = tiles * (get_global_id(0) + 1) / get_global_size(0);
       tile < end; tile++) {
    const Tile t = tile_at(tile, sizes, from, to);
    if (from.s0 == 1) {
      for (uint r = 0; r < t.n1; r++)
        for (uint a = 0; a < t.n0; a++) y[t.to + a + r * to.s1] = x[t.from + a + r * from.s1];
    } else {
      for (uint r = 0; r < t.n0; r++)
        for (uint a = 0; a < t.n1; a++) block[a * SIDE + r] = x[t.from + r * from.s0 + a];
      for (uint r = 0; r < t.n1; r++)
        for (uint a = 0; a < t.n0; a++) y[t.to + a + r * to.s1] = block[r * SIDE + a];
    }
  }
}
#endif
