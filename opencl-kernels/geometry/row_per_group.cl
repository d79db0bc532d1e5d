// row_per_group: a work-group per row, the row held in registers: one read, one write. ROWS short rows may share a group,
// GROUP members each: local size GROUP * ROWS, ceil(rows / ROWS) groups.
//   bytes   every matrix once; a row whose ends share 32-byte sectors with its neighbours, up to 56 bytes more for each matrix
//   limits  cols <= ITEMS * GROUP * V; in place not for ops with PICKED
//   options V, GROUP, ITEMS, ROWS
#ifndef ROWS
#define ROWS 1
#endif
#define LOCAL_SIZE (GROUP * ROWS)
#include "lib/group.clh"
#if defined(EMITS_FROM_EXP) && defined(HAS_MATRIX_OUT)
#define KEEPS_EXP
#endif

// The Stat of a member's terms. Where an op emits from exp(x - m), t then holds exp(t - subtracted), so that each exponential is
// computed once; what `subtracted` lacks to m is settled when emitting (2 ulp from exp(x - m), not 1).
#if REDUCTION == LOG_SUM_EXP
static inline Stat reduce_held(elem *t, const Element *at, const elem *edges, const Element *edges_at, int has_edge, uint j,
                               elem *subtracted) {
  Lanes a = lanes_empty();
  #pragma unroll
  for (int b = 0; b < ITEMS; b++) a.top = fast_max(t[b], a.top);
  #pragma unroll
  for (int e = 0; e < EDGES; e++) a.top = fast_max(edges[e], a.top);
  *subtracted = a.ref = a.top;
#ifdef ARGMAX
  const real m = lanes_max(a.top);
  uint first = NOWHERE;
  #pragma unroll
  for (int b = 0; b < ITEMS; b++) first = min(first, where(t[b], m, j + b * STRIDE));
#endif
  #pragma unroll
  for (int b = 0; b < ITEMS; b++) {
    elem d = t[b] - a.ref, x = expv(d);
    a.sum[0] += x;
    add_sums(&a.sums, at[b], x, d);
#ifdef KEEPS_EXP
    t[b] = x;
#endif
  }
  if (has_edge)
    #pragma unroll
    for (int e = 0; e < EDGES; e++) {
      elem d = edges[e] - a.ref, x = expv(d);
      a.sum[0] += x;
      add_sums(&a.sums, edges_at[e], x, d);
    }
  Stat r = fold(a);
#ifdef ARGMAX
  r.argmax = first;
#endif
  return r;
}
#elif REDUCTION == SUM
static inline Stat reduce_held(elem *t, const Element *at, const elem *edges, const Element *edges_at, int has_edge, uint j,
                               elem *subtracted) {
  Lanes a = lanes_empty();
  #pragma unroll
  for (int b = 0; b < ITEMS; b++) {
    a.sum[0] += t[b];
    add_sums(&a.sums, at[b]);
  }
  #pragma unroll
  for (int e = 0; e < EDGES; e++) {
    a.sum[0] += edges[e];
    add_sums(&a.sums, edges_at[e]);
  }
  return fold(a);
}
#endif

KERNEL void ENTRY(row_per_group)(OPERAND_PARAMETERS ulong rows, uint cols SCALAR_PARAMETERS) {
#if REDUCTION != NONE
  SCRATCH(scratch);
#endif
  OPERANDS(all)
  uint which = ROWS == 1 ? 0 : (uint)get_local_id(0) / GROUP;     // 0: the row is uniform, for fewer registers
  ulong i = (ulong)get_group_id(0) * ROWS + which;
  int live = i < rows;           // members past the last row take row 0 without its columns. No early return, not even of
  if (!live) i = cols = 0;       // a whole group: pocl 3.1 miscompiles it before a barrier
  size_t base = (size_t)i * cols;
  uint from = LEAD(base), to = from + cols;
  Operands o = at_row(all, base, i);
  const Layout l = {from, cols, 1};
  Row row;
  read_row(&row, o, l);

  uint last = LAST(to), j = FIRST(from) + MEMBER * V;
  Element at[ITEMS];             // every loop over it is unrolled, or it would leave the registers
  if (j < last) {
    #pragma unroll
    for (int b = 0; b < ITEMS; b++) at[b] = element(o, near(j + b * STRIDE, j, last));
  }
  #pragma unroll
  for (int b = 0; b < ITEMS; b++) {
#define SCALAR_OF(type, name) at[b].name = o.name;
    SCALARS(SCALAR_OF)             // in padding too: nothing that an op multiplies 0 with may be NaN
    at[b] = pad(at[b], j + b * STRIDE < last);
  }
#if REDUCTION != NONE
  elem t[ITEMS], edges[EDGES], subtracted = 0;
  Element edges_at[EDGES];
  edge_terms(edges, edges_at, o, from, to);
  #pragma unroll
  for (int b = 0; b < ITEMS; b++) t[b] = term(at[b]);
  Stat a = reduce_held(t, at, edges, edges_at, MEMBER < 2, j, &subtracted);
#ifdef ARGMAX
  if (a.m == LOWEST) a.argmax = MEMBER == 0 && from < to ? from : NOWHERE;
  else a.argmax = min(a.argmax, where_in_edges(o, from, to, a.m));
#endif
  if (in_doubt(a)) a = clarify_own(a, o, from, to);
  set_stat(&row, with_rest(merge_members(a, scratch + which * 2 * GROUP), o, from, to, scratch + which * 2 * GROUP), from);
#endif
  row_values(&row);
  if (live && MEMBER == 0) write_row(o, row, l);
#ifdef HAS_MATRIX_OUT
#ifdef KEEPS_EXP
  elem f = expv(subtracted - row.m);
  #pragma unroll
  for (int b = 0; b < ITEMS; b++) at[b].exp = t[b] * f;
#define RESULT(at) emit(at, row)
#else
#define RESULT(at) result(at, row)
#endif
#ifdef PATCH_AT
  Element labelled = at[0];                // the vector of the label, if it is this member's: one test for all of them
  uint label = row.patch_at - j;
  int patches = label < ITEMS * STRIDE && label % STRIDE < V && row.patch_at < last;
  if (patches)
    #pragma unroll
    for (int b = 1; b < ITEMS; b++) if (label / STRIDE == b) labelled = at[b];
#endif
  #pragma unroll
  for (int b = 0; b < ITEMS; b++) if (j + b * STRIDE < last) store(RESULT(at[b]), o.out + j + b * STRIDE);
#ifdef PATCH_AT
  if (patches) store(patched(RESULT(labelled), row.patch_at - label % STRIDE, row), o.out + row.patch_at - label % STRIDE);
#endif
  emit_edges(o, row, from, to);
#endif
}
