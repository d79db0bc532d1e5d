// top_item: each work-item walks a range of whole rows (CPU devices). A block whose maximum is larger than the smallest that is kept
// is looked at once more, while it is in the first-level cache.
// Local size 1, any global size.
//   limits  ops with WALK TOP
//   options V (16, 8, 4), BLOCK
#define LOOKS 1
#include "lib/item.clh"
#include "lib/top.clh"

struct Watch {                     // of the row so far
  real x[MOST];                    // the largest, in order
  uint column[MOST], n, k;         // k are kept
  global const row_int *chosen;    // columns, and how many elements come before each
  global row_int *rank;
  uint chosen_count;
};
#ifdef WANTS_TOP
static inline int belongs(Scratch w, real x) { return w->n < w->k ? x == x : x > w->x[w->k - 1]; }
static inline void insert(Scratch w, real x, uint column) {
  uint p = w->n < w->k ? w->n++ : w->k - 1;
  for (; p > 0 && w->x[p - 1] < x; p--) {
    w->x[p] = w->x[p - 1];
    w->column[p] = w->column[p - 1];
  }
  w->x[p] = x;
  w->column[p] = column;
}
static inline void take_lanes(Scratch w, elem v, uint j, uint n) {
  Column x;
  x.v = v;
  if (w->n < w->k || ANY(v > w->x[w->k - 1]))
    for (uint b = 0; b < n; b++) if (belongs(w, x.lane[b])) insert(w, x.lane[b], j + b);
}
static inline void take(Scratch w, Operands o, uint from, uint to) {
  uint j = from;
  for (; j + 4 * V <= to; j += 4 * V) {              // one test for four vectors
    const elem a = load(o.x + j), b = load(o.x + j + V), c = load(o.x + j + 2 * V), d = load(o.x + j + 3 * V);
    if (w->n == w->k && !ANY(fast_max(fast_max(a, b), fast_max(c, d)) > w->x[w->k - 1])) continue;
    take_lanes(w, a, j, V);
    take_lanes(w, b, j + V, V);
    take_lanes(w, c, j + 2 * V, V);
    take_lanes(w, d, j + 3 * V, V);
  }
  for (; j < to; j += V) {
    if (j + V <= to) take_lanes(w, load(o.x + j), j, V);
    else take_lanes(w, load_first(o.x + j, to - j, NEUTRAL), j, to - j);
  }
}
#endif
#ifdef HAS_RANK
// Of whole vectors on one side of t: up to it an equal value comes before it, after it none does.
static inline int count(Operands o, uint from, uint to, real x_t, uint t) {
  union { mask v; lane_int lane[V]; } n;
  n.v = (mask)0;
  int all = 0;
  uint j = from;
  while (j < to) {
    if (j + V <= to && j + V <= t) {
      for (; j + V <= to && j + V <= t; j += V) n.v += load(o.x + j) >= x_t;
    } else if (j + V <= to && j > t) {
      for (; j + V <= to; j += V) n.v += load(o.x + j) > x_t;
    } else {
      all += before(o, j, x_t, t);
      j++;
    }
  }
  for (int b = 0; b < V; b++) all += V > 1 ? (int)-n.lane[b] : (int)n.lane[b];
  return all;
}
#endif
static inline void look(Scratch w, Operands o, uint from, uint to, elem largest) {
#ifdef WANTS_TOP
  if (w->n < w->k || ANY(largest > w->x[w->k - 1])) take(w, o, from, to);
#endif
#ifdef HAS_RANK
  for (uint c = 0; c < w->chosen_count; c++) {
    const uint t = (uint)w->chosen[c];
    const real x_t = one(o.x + t);
    if (ANY(largest >= x_t)) w->rank[c] += count(o, from, to, x_t, t);
  }
#endif
}

kernel void ENTRY(top_item)(OPERAND_PARAMETERS ulong rows, uint cols SCALAR_PARAMETERS) {
  SCRATCH(watch);
  OPERANDS(all)
  watch->k = (uint)all.top_count;
  watch->chosen_count = (uint)all.chosen_count;
  for (ulong i = rows * WORKER / WORKERS, end = rows * (WORKER + 1) / WORKERS; i < end; i++) {
    Operands o = at_row(all, (size_t)i * cols, i);
    watch->n = 0;
#ifdef HAS_RANK
    watch->chosen = all.chosen + i * watch->chosen_count;
    watch->rank = all.rank + i * watch->chosen_count;
    for (uint c = 0; c < watch->chosen_count; c++) watch->rank[c] = 1;
#endif
    Stat a = reduce(o, 0, cols, watch);
    write_statistics(all, i, a);
#ifdef HAS_CHOSEN
    for (uint c = 0; c < watch->chosen_count; c++) write_chosen(all, o, i, c, 0, a);
#endif
#ifdef WANTS_TOP
    for (uint c = 0; c < watch->k; c++)
      write_top(all, i, c, c < watch->n ? watch->x[c] : (real)NAN, c < watch->n ? watch->column[c] : 0, a);
#endif
  }
}
