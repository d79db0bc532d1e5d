// top_item: each work-item walks a range of whole rows (CPU devices), a piece that stays in the first-level cache at a time: once
// for its maximum and sum; only if that maximum is larger than the smallest that is kept, once more for what is to be kept.
// Local size 1, any global size.
//   limits  ops with WALK TOP
//   options V (16, 8, 4), PIECE, BLOCK
#ifndef PIECE
#define PIECE 1024               // columns
#endif
#include "lib/item.clh"
#include "lib/top.clh"

#ifdef WANTS_TOP
typedef struct { real x[MOST]; uint column[MOST], n; } Best;       // in order
static inline int belongs(const Best *best, uint k, real x) { return best->n < k ? x == x : x > best->x[k - 1]; }
static inline void insert(Best *best, uint k, real x, uint column) {
  uint p = best->n < k ? best->n++ : k - 1;
  for (; p > 0 && best->x[p - 1] < x; p--) {
    best->x[p] = best->x[p - 1];
    best->column[p] = best->column[p - 1];
  }
  best->x[p] = x;
  best->column[p] = column;
}
static inline void look_at(Best *best, uint k, elem v, uint j, uint n) {
  Column x;
  x.v = v;
  if (best->n < k || ANY(v > best->x[k - 1]))
    for (uint b = 0; b < n; b++) if (belongs(best, k, x.lane[b])) insert(best, k, x.lane[b], j + b);
}
static inline void look(Best *best, uint k, Operands o, uint from, uint to) {
  uint j = from;
  for (; j + 4 * V <= to; j += 4 * V) {              // one test for four vectors
    const elem a = load(o.x + j), b = load(o.x + j + V), c = load(o.x + j + 2 * V), d = load(o.x + j + 3 * V);
    if (best->n == k && !ANY(fast_max(fast_max(a, b), fast_max(c, d)) > best->x[k - 1])) continue;
    look_at(best, k, a, j, V);
    look_at(best, k, b, j + V, V);
    look_at(best, k, c, j + 2 * V, V);
    look_at(best, k, d, j + 3 * V, V);
  }
  for (; j < to; j += V) {
    if (j + V <= to) look_at(best, k, load(o.x + j), j, V);
    else look_at(best, k, load_first(o.x + j, to - j, NEUTRAL), j, to - j);
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

kernel void ENTRY(top_item)(OPERAND_PARAMETERS ulong rows, uint cols SCALAR_PARAMETERS) {
  SCRATCH(scratch);
  OPERANDS(all)
#ifdef WANTS_TOP
  const uint k = (uint)all.top_count;
  Best best;
#endif
  for (ulong i = rows * WORKER / WORKERS, end = rows * (WORKER + 1) / WORKERS; i < end; i++) {
    Operands o = at_row(all, (size_t)i * cols, i);
    Total total = total_of(stat_empty());
#ifdef WANTS_TOP
    best.n = 0;
#endif
#ifdef HAS_RANK
    for (uint c = 0; c < (uint)all.chosen_count; c++) all.rank[i * (uint)all.chosen_count + c] = 1;
#endif
    for (uint j = 0, to; j < cols; j = to) {
      to = cols - j < PIECE + PIECE / 2 ? cols : j + PIECE;
      Stat a = reduce_chunk(o, j, to, scratch);
      total_add(&total, a);
#ifdef WANTS_TOP
      if (best.n < k || a.m > best.x[k - 1]) look(&best, k, o, j, to);
#endif
#ifdef HAS_RANK
      for (uint c = 0; c < (uint)all.chosen_count; c++) {
        const size_t at = i * (uint)all.chosen_count + c;
        const uint t = (uint)all.chosen[at];
        const real x_t = one(o.x + t);
        if (a.m >= x_t) all.rank[at] += count(o, j, to, x_t, t);
      }
#endif
    }
    Stat a = total_stat(total);
    if (in_doubt(a)) for (uint j = 0; j < cols; j += V) a = clarify(a, term(element_inside(o, j, 0, cols)));
    write_statistics(all, i, a);
#ifdef HAS_CHOSEN
    for (uint c = 0; c < (uint)all.chosen_count; c++) write_chosen(all, o, i, c, 0, a);
#endif
#ifdef WANTS_TOP
    for (uint c = 0; c < k; c++) write_top(all, i, c, c < best.n ? best.x[c] : (real)NAN, c < best.n ? best.column[c] : 0, a);
#endif
  }
}
