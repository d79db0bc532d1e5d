// strided_item: each work-item walks tiles of rows whose elements lie `inner` apart, adjacent rows in adjacent lanes (CPU devices):
// the class axis of a tensor [N, C, H, W]. Local size 1, any global size. A column of a tile is up to TILE * V elements that lie
// one behind another. Where inner < V, a vector holds several columns of the same rows, which meet after the reduction.
//   bytes   what term() reads, and then what emit() reads and writes; the second read is from the caches where a tile fits there
//   limits  none
//   options V (16, 8, 4), TILE 4, STEP 4, STREAM; the host adds LANES_ARE_ROWS
#ifndef LANES_ARE_ROWS
#error "strided_item needs -DLANES_ARE_ROWS"
#endif
#define ALIGNED 0
#include "lib/access.clh"
#ifndef TILE
#define TILE 4                   // vectors of rows side by side
#endif
#ifndef STEP
#define STEP 4                   // vectors of columns reduced at a time
#endif

// `live` rows share a vector, `across` columns of each; element j of the first row lies at j * inner.
typedef struct { uint cols, inner, live, across; } Layout;

// How many lanes of the vector at column j there are. One that holds several columns is read in full: what follows its last whole
// column is the work-item's own, and not written over yet.
static inline uint lanes_at(Layout l, uint j) {
  return j >= l.cols ? 0 : l.across == 1 ? l.live : (uint)min((ulong)V, (ulong)(l.cols - j) * l.inner);
}
static inline elem load_lanes(global const data_t *p, uint n, real padding) {
  return n == V ? load(p) : n == 0 ? (elem)padding : load_first(p, n, padding);
}
static inline elem columns_at(global const real *p, Layout l, uint j) {
  union { elem v; real lane[V]; } u;
  if (l.across == 1) return (elem)(j < l.cols ? p[j] : (real)0);
  for (uint b = 0; b < V; b++) u.lane[b] = j + b / l.live < l.cols ? p[j + b / l.live] : (real)0;
  return u.v;
}
static inline Element element_at(Operands o, Layout l, uint j) {
  const uint n = lanes_at(l, j);
  const size_t p = (size_t)j * l.inner;
  Element at;
#define AT(name)               at.name = load_lanes(o.name + p, n, NEUTRAL);
#define AT_WEIGHT(name)        at.name = load_lanes(o.name + p, n, 0);
#define AT_MASK(name)          at.name = n == V ? load_mask(o.name + p) : load_mask_part(o.name + p, 0, 0, n);
#define AT_COLUMN(name)        at.name = columns_at(o.name, l, j);
#define AT_SCALAR(type, name)  at.name = o.name;
  MATRICES_IN(AT) WEIGHTS_IN(AT_WEIGHT) MASKS_IN(AT_MASK) COLUMNS_IN(AT_COLUMN) SCALARS(AT_SCALAR)
#ifdef HAS_ONE
  at.one = n == V ? (elem)1 : ones_part(0, 0, n);
#endif
  return at;
}

// What belongs to the rows: lane b has that of row b % live.
#define EACH_LANE(b, r, live) for (uint b = 0, r = 0; b < V; b++, r = r + 1 < (live) ? r + 1 : 0)
static inline row_t load_rows(global const real *p, uint live) {
  union { row_t v; real lane[V]; } u;
  if (live == V) return CAT(vload, V)(0, p);
  EACH_LANE(b, r, live) u.lane[b] = p[r];
  return u.v;
}
static inline void store_rows(row_t v, global real *p, uint live) {
  union { row_t v; real lane[V]; } u;
  u.v = v;
  if (live == V) CAT(vstore, V)(v, 0, p);
  else for (uint r = 0; r < live; r++) p[r] = u.lane[r];
}
static inline row_int load_labels(global const int *p, uint live) {
  union { row_int v; lane_int lane[V]; } u;
  EACH_LANE(b, r, live) u.lane[b] = p[r];
  return u.v;
}
static inline void store_indices(row_int v, global int *p, uint live) {
  union { row_int v; lane_int lane[V]; } u;
  u.v = v;
  for (uint r = 0; r < live; r++) p[r] = u.lane[r];
}
// matrix[label] of each row; 0 where the label is no column.
static inline row_t pick(global const data_t *p, row_int label, Layout l) {
  union { row_int v; lane_int lane[V]; } t;
  union { row_t v; real lane[V]; } u;
  t.v = label;
  EACH_LANE(b, r, l.live) u.lane[b] = (uint)t.lane[b] < l.cols ? widen_one(p[(size_t)(uint)t.lane[b] * l.inner + r]) : (real)0;
  return u.v;
}
// column[label] of each row.
static inline row_t pick_column(global const real *p, row_int label, Layout l) {
  union { row_int v; lane_int lane[V]; } t;
  union { row_t v; real lane[V]; } u;
  t.v = label;
  #pragma unroll
  for (uint b = 0; b < V; b++) u.lane[b] = (uint)t.lane[b] < l.cols ? p[(uint)t.lane[b]] : (real)0;
  return u.v;
}
static inline Row read_rows(Operands o, Layout l) {
  Row row;
#define READ(name)                     row.name = load_rows(o.name, l.live);
#define READ_SHARED(name)              row.name = (row_t)o.name[0];
#define READ_LABEL(name)               row.name = load_labels(o.name, l.live);
#define READ_PICK(name, matrix, label) row.name = pick(o.matrix, row.label, l);
#define READ_COLUMN_PICK(name, column, label) row.name = pick_column(o.column, row.label, l);
#define READ_SCALAR(type, name)        row.name = o.name;
  ROWS_IN(READ) SHARED_IN(READ_SHARED) LABELS(READ_LABEL) PICKED(READ_PICK) COLUMNS_PICKED(READ_COLUMN_PICK) SCALARS(READ_SCALAR)
  return row;
}
static inline void write_rows(Operands o, Row row, Layout l) {
#define WRITE(name)       store_rows(row.name, o.name, l.live);
#define WRITE_INDEX(name) store_indices(row.name, o.name, l.live);
  ROWS_OUT(WRITE) INDICES_OUT(WRITE_INDEX)
}

#if REDUCTION != NONE
// Lanes with other columns of the same row become one; lanes without a row of their own repeat the first ones.
#define ACROSS(name, type, lane_t, combine)                                              \
  static inline type name(type v, Layout l) {                                            \
    union { type v; lane_t lane[V]; } u, all;                                            \
    if (l.across == 1) return v;                                                         \
    u.v = v;                                                                             \
    for (uint r = 0; r < l.live; r++) {                                                  \
      lane_t a = u.lane[r];                                                              \
      for (uint b = r + l.live; b < l.across * l.live; b += l.live) a = combine(a, u.lane[b]); \
      u.lane[r] = a;                                                                     \
    }                                                                                    \
    EACH_LANE(b, r, l.live) all.lane[b] = u.lane[r];                                     \
    return all.v;                                                                        \
  }
#define ADD(a, b) ((a) + (b))
ACROSS(sum_across, elem, real, ADD)

// A vector of rows while it is reduced. Sums of STEP columns are added with compensation, as in lib/reduce.clh.
static inline elem add_lanes(elem sum, elem x, elem *lost) {
  elem t = sum + x, y = t - sum;
  *lost += (sum - (t - y)) + (x - y);
  return t;
}
static inline elem with_lost_lanes(elem sum, elem lost) { return lost == lost ? sum + lost : sum; }
#endif
#if REDUCTION == LOG_SUM_EXP
ACROSS(max_across, elem, real, FAST_MAX)
typedef struct {
  elem top, ref, s, lost;        // ref: what is subtracted, at most SLACK below the maximum so far
  LaneSums sums, sums_lost;
#ifdef ARGMAX
  mask argmax;
#endif
} Running;
#ifndef SLACK
#define SLACK 8.0f
#endif
static inline void move_ref(Running *a, elem ref) {
  const elem f = expv(a->ref - ref);
  move_sums(&a->sums, a->s, f, a->ref - ref);
  move_sums(&a->sums_lost, a->lost, f, a->ref - ref);
  a->s *= f;
  a->lost *= f;
  a->ref = ref;
}
#define ADD_LANES(name)           a->sums.name = add_lanes(a->sums.name, sums.name, &a->sums_lost.name);
#define ADD_LANES2(name, of)      ADD_LANES(name)
#define SUM_ACROSS(name)          row->name = sum_across(with_lost_lanes(a.sums.name, a.sums_lost.name), l);
#define SUM_ACROSS2(name, of)     SUM_ACROSS(name)
static inline Running running_empty(void) {
  Running a;
  a.top = a.ref = (elem)LOWEST;
  a.s = a.lost = (elem)0;
  a.sums = a.sums_lost = no_sums();
#ifdef ARGMAX
  a.argmax = (mask)0;
#endif
  return a;
}
static inline void absorb_step(Running *a, Operands o, Layout l, uint j) {
  Element at[STEP];
  elem t[STEP], top = a->top, s = (elem)0;
  LaneSums sums = no_sums();
  #pragma unroll
  for (uint b = 0; b < STEP; b++) t[b] = j + b * l.across < l.cols ? term(at[b] = element_at(o, l, j + b * l.across)) : (elem)NEUTRAL;
  #pragma unroll
  for (uint b = 0; b < STEP; b++) {
#ifdef ARGMAX
    a->argmax = t[b] > top ? (mask)(lane_int)(j + b * l.across) : a->argmax;
#endif
    top = fast_max(t[b], top);
  }
  a->top = top;
  // Each lane for itself: a row's bits must not depend on its neighbours.
  if (ANY(top > a->ref + SLACK)) move_ref(a, top > a->ref + SLACK ? top : a->ref);
  #pragma unroll
  for (uint b = 0; b < STEP; b++) {
    elem d = t[b] - a->ref, e = expv(d);
    s += e;
#ifdef HAS_SUMS
    if (j + b * l.across < l.cols) add_sums(&sums, at[b], e, d);
#endif
  }
  a->s = add_lanes(a->s, s, &a->lost);
  SUMS(ADD_LANES, ADD_LANES, ADD_LANES2, ADD_LANES)
}
// The statistics of the rows, to all their lanes.
static inline void set_stats(Row *row, Running a, Operands o, Layout l) {
  const elem m = max_across(a.top, l);
#ifdef ARGMAX
  union { mask v; lane_int lane[V]; } at;
  union { elem v; real lane[V]; } own, all;
  at.v = a.argmax;
  own.v = a.top;
  all.v = m;
  EACH_LANE(b, r, l.live) {
    at.lane[b] += l.across == 1 ? 0 : b / l.live;
    if (b >= l.live && b < l.across * l.live && own.lane[b] == all.lane[b] &&
        (own.lane[r] != all.lane[r] || at.lane[b] < at.lane[r])) {
      at.lane[r] = at.lane[b];
      own.lane[r] = own.lane[b];
    }
  }
  EACH_LANE(b, r, l.live) at.lane[b] = at.lane[r];
#endif
  move_ref(&a, m);
  Stat stat;
  stat.m = m;
  stat.s = sum_across(with_lost_lanes(a.s, a.lost), l);
  stat = settle(stat);
  if (ANY(in_doubt(stat))) {
    elem nan = (elem)0;
    for (uint j = 0; j < l.cols; j += l.across) {
      elem t = term(element_at(o, l, j));
      nan = t != t ? (elem)NAN : nan;
    }
    nan = sum_across(nan, l);
    stat.m = nan != nan ? nan : stat.m;
  }
  row->m = stat.m;
  row->s = stat.s;
  SUMS(SUM_ACROSS, SUM_ACROSS, SUM_ACROSS2, SUM_ACROSS)
#ifdef WANTS_REST
  row->rest = stat.s - 1;
  if (ANY((stat.s > 0) & (stat.s < DOMINATED))) {
    elem rest = (elem)0, lost = (elem)0;
    for (uint j = 0; j < l.cols; j += l.across) {
      elem t = term(element_at(o, l, j));
      rest = add_lanes(rest, t == stat.m ? (elem)0 : expv(t - stat.m), &lost);
    }
    rest = sum_across(with_lost_lanes(rest, lost), l);
    row->rest = stat.s > 0 && stat.s < DOMINATED ? rest : row->rest;
  }
#endif
#ifdef ARGMAX
  row->argmax = stat.m == stat.m && l.cols > 0 ? at.v : (row_int)-1;
#endif
}
#elif REDUCTION == SUM
typedef struct { elem s, lost; } Running;
static inline Running running_empty(void) {
  Running a;
  a.s = a.lost = (elem)0;
  return a;
}
static inline void absorb_step(Running *a, Operands o, Layout l, uint j) {
  elem s = (elem)0;
  #pragma unroll
  for (uint b = 0; b < STEP; b++) if (j + b * l.across < l.cols) s += term(element_at(o, l, j + b * l.across));
  a->s = add_lanes(a->s, s, &a->lost);
}
static inline void set_stats(Row *row, Running a, Operands o, Layout l) {
  row->s = sum_across(with_lost_lanes(a.s, a.lost), l);
}
#endif

#ifdef HAS_MATRIX_OUT
static inline void emit_at(Operands o, Row row, Layout l, uint j) {
  Element at = element_at(o, l, j);
#ifdef EMITS_FROM_EXP
  at.exp = expv(term(at) - row.m);
#endif
  elem v = emit(at, row);
#ifdef PATCH_AT
  union { mask v; lane_int lane[V]; } column;
  for (uint b = 0; b < V; b++) column.lane[b] = j + (l.across == 1 ? 0 : b / l.live);
  v = row.PATCH_AT == column.v ? patch(v, row) : v;
#endif
  const uint n = min(lanes_at(l, j), l.live * l.across);
  global data_t *p = o.out + (size_t)j * l.inner;
  if (n == V && l.inner % V == 0 && (ulong)p % sizeof(stored) == 0) write(v, p);
  else if (n == V) store(v, p);
  else store_first(v, p, n);
}
#endif

kernel void ENTRY(strided_item)(OPERAND_PARAMETERS ulong rows, uint cols, uint inner SCALAR_PARAMETERS) {
  OPERANDS(all)
  const uint across = inner < V ? V / inner : 1;
  const ulong outer = rows / inner, vectors = (inner + V - 1) / V, width = (vectors + TILE - 1) / TILE, tiles = outer * width;
  for (ulong tile = tiles * get_global_id(0) / get_global_size(0), end = tiles * (get_global_id(0) + 1) / get_global_size(0);
       tile < end; tile++) {
    const uint first = tile % width * TILE, n = (uint)min((ulong)TILE, vectors - first);
    const size_t i = tile / width * inner, base = i * cols;
    Operands o[TILE];
    Layout l[TILE];
    Row row[TILE];
    for (uint v = 0; v < n; v++) {
      const uint k = (first + v) * V;
      o[v] = at_row(all, base + k, i + k);
      l[v].cols = cols;
      l[v].inner = inner;
      l[v].live = min(inner - k, (uint)V);
      l[v].across = across;
      row[v] = read_rows(o[v], l[v]);
    }
#if REDUCTION != NONE
    Running a[TILE];
    for (uint v = 0; v < n; v++) a[v] = running_empty();
    for (uint j = 0; j < cols; j += min(STEP * across, cols - j))
      for (uint v = 0; v < n; v++) absorb_step(&a[v], o[v], l[v], j);
    for (uint v = 0; v < n; v++) set_stats(&row[v], a[v], o[v], l[v]);
#endif
    for (uint v = 0; v < n; v++) {
      row_values(&row[v]);
      write_rows(o[v], row[v], l[v]);
    }
#ifdef HAS_MATRIX_OUT
    for (uint j = 0; j < cols; j += min(across, cols - j))
      for (uint v = 0; v < n; v++) emit_at(o[v], row[v], l[v], j);
#endif
  }
}
