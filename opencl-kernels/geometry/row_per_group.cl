// row_per_group: a work-group per row, the row held in registers: one read, one write. ROWS short rows may share a group,
// GROUP lanes each: local size GROUP * ROWS, ceil(rows / ROWS) groups.
//   limits  cols <= ITEMS * GROUP * V - (V - 1), since a row's first vector may begin V - 1 columns before the
//           row; in place not for ops with PICKED
//   options V, GROUP, ITEMS, ROWS
#include "lib/group.clh"
#ifndef ROWS
#define ROWS 1
#endif
kernel void ENTRY(row_per_group)(OPERAND_PARAMETERS ulong rows, uint cols SCALAR_PARAMETERS) {
#if REDUCTION != NONE
  local Stat scratch[ROWS * GROUP];
#endif
  OPERANDS(all)
  uint which = ROWS == 1 ? 0 : (uint)get_local_id(0) / GROUP;     // 0: the row is uniform, for fewer registers
  ulong i = (ulong)get_group_id(0) * ROWS + which;
  int live = i < rows;           // lanes past the last row take row 0 without its columns. No early return, not even of
  if (!live) i = cols = 0;       // a whole group: pocl 3.1 miscompiles it before a barrier
  size_t base = (size_t)i * cols;
  uint from = LEAD(base), to = from + cols;
  Operands o = at_row(all, base, i);
  Row row = read_row(o, from, cols);

  Element at[ITEMS];             // every loop over it is unrolled, or it would leave the registers
  #pragma unroll
  for (int b = 0; b < ITEMS; b++) at[b] = element_inside(o, b * STRIDE + LANE * V, from, to);
#if REDUCTION != NONE
  elem t[ITEMS];
  #pragma unroll
  for (int b = 0; b < ITEMS; b++) t[b] = term(at[b]);
  Stat a = fold(lanes_of(t, ITEMS));
  if (in_doubt(a))
    #pragma unroll
    for (int b = 0; b < ITEMS; b++) a = clarify(a, t[b]);
  set_stat(&row, merge_lanes(a, scratch + which * GROUP));
#endif
  row_values(&row);
  if (live && LANE == 0) write_row(o, row);
#ifdef HAS_MATRIX_OUT
  #pragma unroll
  for (int b = 0; b < ITEMS; b++) {
    uint j = b * STRIDE + LANE * V;
    store_inside(patched(result(at[b], row), j, row), o.out, j, from, to);
  }
#endif
}
