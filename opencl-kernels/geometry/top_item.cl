// top_item: each work-item walks a range of whole rows (CPU devices). A block whose maximum is larger than the smallest of the top
// is looked at once more, while it is in the first-level cache.
// Local size 1, any global size.
//   limits  ops with WALK TOP
//   options V (16, 8, 4), BLOCK, PREFETCH
#define LOOKS 1
#include "lib/item.clh"
#include "lib/top.clh"

#define SAMPLE 2048u               // columns

struct Watch {                     // of the row so far
  real x[1 + MOST + V];            // the n largest in order, behind an infinity; a vector reaches beyond the last
  lane_int column[1 + MOST + V];
  uint n, k;                       // the top has k
  real least;                      // only what is greater can be in the top; NaN: everything
  global const row_int *chosen;    // columns, and how many elements come before each
  global row_int *rank;
  uint chosen_count;
};
static inline int lanes_count(mask v) {
  MaskLanes n;
  int all = 0;
  n.v = v;
  for (int b = 0; b < V; b++) all += V > 1 ? (int)-n.lane[b] : (int)n.lane[b];
  return all;
}
#ifdef WANTS_TOP
static inline uint above(Operands o, real bound) {
  mask n = (mask)0;
  for (uint j = 0; j < SAMPLE; j += V) n += load(o.x + j) > bound;
  return (uint)lanes_count(n);
}
// A long row begins with a bound that k of its first columns exceed, and few more: half of a row's candidates would come from there.
static inline void begin(Scratch w, Operands o, uint cols) {
  w->n = 0;
  w->x[0] = INFINITY;
  w->least = NAN;
  for (uint p = 0; p < V; p++) w->x[1 + w->k + p] = 0, w->column[1 + w->k + p] = 0;
  if (cols < SAMPLE) return;
  elem top = (elem)LOWEST;
  for (uint j = 0; j < SAMPLE; j += V) top = fast_max(load(o.x + j), top);
  real high = lanes_max(top), low = high - 16;
  if (above(o, low) < w->k) return;
  w->least = low;
  for (int step = 0; step < 8; step++) {
    const real middle = low + (high - low) / 2;
    const uint n = above(o, middle);
    if (n < w->k) {
      high = middle;
    } else {
      w->least = low = middle;
      if (n <= 2 * w->k) break;
    }
  }
}
// A candidate, at its place: equal ones stay before it. Once there are k, V places at a time keep what they have, take their
// neighbour's or the new one; place after place with branches was slower.
static inline void insert(Scratch w, real x, lane_int column) {
  if (x != x) return;
  if (w->n < w->k) {
    uint p = ++w->n;
    for (; w->x[p - 1] < x; p--) {
      w->x[p] = w->x[p - 1];
      w->column[p] = w->column[p - 1];
    }
    w->x[p] = x;
    w->column[p] = column;
  } else {
    for (uint q = (w->k - 1) / V * V + V; q > 0;) {
      q -= V;
      const elem here = CAT(vload, V)(0, w->x + 1 + q), left = CAT(vload, V)(0, w->x + q);
      const mask mine = CAT(vload, V)(0, w->column + 1 + q), theirs = CAT(vload, V)(0, w->column + q);
      const mask stays = here >= x, moves = left < x;
      CAT(vstore, V)(select(select((elem)x, left, moves), here, stays), 0, w->x + 1 + q);
      CAT(vstore, V)(select(select((mask)column, theirs, moves), mine, stays), 0, w->column + 1 + q);
    }
  }
  if (w->n == w->k) w->least = w->x[w->k];
}
static inline void take_each(Scratch w, Operands o, uint from, uint to) {
  real least = w->least;
  for (uint j = from; j < to; j++) {
    const real x = one(o.x + j);
    if (!(x <= least)) {
      insert(w, x, j);
      least = w->least;
    }
  }
}
static inline int has_candidate(Scratch w, elem v) { return w->least != w->least || ANY(v > w->least); }
static inline void take(Scratch w, Operands o, uint from, uint to) {
  uint j = from;
  for (; j + 4 * V <= to; j += 4 * V) {              // one test for four vectors
    const elem a = fast_max(load(o.x + j), load(o.x + j + V)), b = fast_max(load(o.x + j + 2 * V), load(o.x + j + 3 * V));
    if (has_candidate(w, fast_max(a, b)))
      for (uint i = j; i < j + 4 * V; i += V) if (has_candidate(w, load(o.x + i))) take_each(w, o, i, i + V);
  }
  take_each(w, o, j, to);
}
#endif
#ifdef HAS_RANK
// Of whole vectors on one side of t: up to it an equal value comes before it, after it none does.
static inline int count(Operands o, uint from, uint to, real x_t, uint t) {
  mask n = (mask)0;
  int all = 0;
  uint j = from;
  while (j < to) {
    if (j + V <= to && j + V <= t) {
      for (; j + V <= to && j + V <= t; j += V) n += load(o.x + j) >= x_t;
    } else if (j + V <= to && j > t) {
      for (; j + V <= to; j += V) n += load(o.x + j) > x_t;
    } else {
      all += before(o, j, x_t, t);
      j++;
    }
  }
  return all + lanes_count(n);
}
#endif
static inline void look(Scratch w, Operands o, uint from, uint to, elem largest) {
#ifdef WANTS_TOP
  if (has_candidate(w, largest)) take(w, o, from, to);
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
#ifdef WANTS_TOP
    begin(watch, o, cols);
#endif
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
      write_top(all, i, c, c < watch->n ? watch->x[1 + c] : (real)NAN, c < watch->n ? (uint)watch->column[1 + c] : 0, a);
#endif
  }
}
