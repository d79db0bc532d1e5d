// short_rows_item: each work-item takes tiles of short rows (16 of floats) and transposes them in registers, so that lanes are rows: no
// sum or maximum across lanes, and row_values() for V rows at once (CPU devices). Local size 1, any global size.
//   limits  cols = COLS <= 32
//   options V (8, 16, 4), STREAM; the host adds COLS and LANES_ARE_ROWS
#if !defined(LANES_ARE_ROWS) || !defined(COLS)
#error "short_rows_item needs -DLANES_ARE_ROWS and -DCOLS=cols"
#endif
#define ALIGNED 0
#include "lib/access.clh"
#include "lib/transpose.clh"
#define EACH_COLUMN(c) _Pragma("unroll") for (uint c = 0; c < COLS; c++)
#define EACH_BLOCK(j)  _Pragma("unroll") for (uint j = 0; j < COLS; j += V)
// Blocks of V columns, of which the last one overlaps its neighbour.
#define BLOCK_AT(j)    ((j) + V <= COLS || COLS < V ? (j) : COLS - V)
#define TILE LINE                // rows; a multiple of V. So many are whole cache lines whatever cols is

// V rows of a matrix as columns. Rows from `live` on repeat the last one. `room`: elements from the first row to the end of the
// matrix; a row of fewer than V columns is read with what follows it.
static inline elem load_row(global const data_t *p, size_t room) {
  return COLS >= V || room >= V ? load(p) : load_first(p, COLS % V, 0);
}
#define GATHER(name)                                                                     \
  EACH_BLOCK(j) {                                                                        \
    elem a[V];                                                                           \
    _Pragma("unroll") for (uint r = 0; r < V; r++) {                                     \
      uint offset = min(r, live - 1) * COLS + BLOCK_AT(j);                               \
      a[r] = load_row(o.name + offset, room - offset);                                   \
    }                                                                                    \
    transpose(a);                                                                        \
    _Pragma("unroll") for (uint k = 0; k < V; k++) if (k < COLS) at[BLOCK_AT(j) + k].name = a[k]; \
  }

#define GATHER_MASK(name)                                                                \
  EACH_COLUMN(c) {                                                                       \
    union { mask v; lane_int lane[V]; } u;                                                    \
    _Pragma("unroll") for (uint r = 0; r < V; r++) u.lane[r] = o.name[min(r, live - 1) * COLS + c] != 0 ? -1 : 0; \
    at[c].name = u.v;                                                                    \
  }

static inline row_t load_rows(global const real *p, uint live) {
  if (live == V) return CAT(vload, V)(0, p);
  union { row_t v; real lane[V]; } u;
  #pragma unroll
  for (uint r = 0; r < V; r++) u.lane[r] = r < live ? p[r] : 0;
  return u.v;
}
static inline void store_rows(row_t v, global real *p, uint live) {
  if (live == V) {
    CAT(vstore, V)(v, 0, p);
    return;
  }
  union { row_t v; real lane[V]; } u;
  u.v = v;
  #pragma unroll
  for (uint r = 0; r < V; r++) if (r < live) p[r] = u.lane[r];
}
static inline row_int load_labels(global const int *p, uint live) {
  union { row_int v; lane_int lane[V]; } u;
  #pragma unroll
  for (uint r = 0; r < V; r++) u.lane[r] = r < live ? p[r] : -1;
  return u.v;
}
static inline void store_indices(row_int v, global int *p, uint live) {
  union { row_int v; lane_int lane[V]; } u;
  u.v = v;
  for (uint r = 0; r < V && r < live; r++) p[r] = u.lane[r];
}
// matrix[label] of each row; 0 where the label is no column.
static inline row_t pick(global const data_t *p, row_int label, uint live) {
  union { row_int v; lane_int lane[V]; } t;
  union { row_t v; real lane[V]; } u;
  t.v = label;
  #pragma unroll
  for (uint r = 0; r < V; r++) u.lane[r] = r < live && (uint)t.lane[r] < COLS ? widen_one(p[r * COLS + (uint)t.lane[r]]) : (real)0;
  return u.v;
}

static inline row_t pick_column(global const real *p, row_int label) {
  union { row_int v; lane_int lane[V]; } t;
  union { row_t v; real lane[V]; } u;
  t.v = label;
  #pragma unroll
  for (uint r = 0; r < V; r++) u.lane[r] = (uint)t.lane[r] < COLS ? p[(uint)t.lane[r]] : (real)0;
  return u.v;
}

// V rows, of which `live` exist; what is emitted goes to stage[0 .. live * COLS).
static inline void rows_of_tile(Operands o, size_t room, uint live, real *stage) {
  Element at[COLS];
  MATRICES_IN(GATHER) WEIGHTS_IN(GATHER) MASKS_IN(GATHER_MASK)
#define SPREAD_COLUMN(name) EACH_COLUMN(c) at[c].name = (elem)o.name[c];
#define SPREAD_SCALAR(type, name) EACH_COLUMN(c) at[c].name = o.name;
  COLUMNS_IN(SPREAD_COLUMN) SCALARS(SPREAD_SCALAR)
#ifdef HAS_ONE
  EACH_COLUMN(c) at[c].one = (elem)1;
#endif
  Row row;
#define READ(name) row.name = load_rows(o.name, live);
#define READ_SHARED(name) row.name = (row_t)o.name[0];
#define READ_LABEL(name) row.name = load_labels(o.name, live);
#define READ_PICK(name, matrix, label) row.name = pick(o.matrix, row.label, live);
#define READ_SCALAR(type, name) row.name = o.name;
#define READ_COLUMN_PICK(name, column, label) row.name = pick_column(o.column, row.label);
  ROWS_IN(READ) SHARED_IN(READ_SHARED) LABELS(READ_LABEL) PICKED(READ_PICK) COLUMNS_PICKED(READ_COLUMN_PICK) SCALARS(READ_SCALAR)
#if REDUCTION == LOG_SUM_EXP
  Stat a;
  a.m = (row_t)LOWEST;
  a.s = (row_t)0;
  LaneSums sums = no_sums();
#ifdef ARGMAX
  a.argmax = (row_int)0;
  EACH_COLUMN(c) {
    a.argmax = term(at[c]) > a.m ? (row_int)c : a.argmax;
    a.m = fast_max(term(at[c]), a.m);
  }
#else
  EACH_COLUMN(c) a.m = fast_max(term(at[c]), a.m);
#endif
  EACH_COLUMN(c) {
    elem d = term(at[c]) - a.m, e = expv(d);
    a.s += e;
    add_sums(&sums, at[c], e, d);
#ifdef EMITS_FROM_EXP
    at[c].exp = e;
#endif
  }
  a = settle(a);
  if (ANY(in_doubt(a))) EACH_COLUMN(c) a = clarify(a, term(at[c]));
  row.m = a.m;
  row.s = a.s;
#ifdef WANTS_REST
  row.rest = a.s - 1;
  if (ANY(a.s < DOMINATED)) {
    row_t rest = (row_t)0;
    EACH_COLUMN(c) rest += term(at[c]) == a.m ? (elem)0 : expv(term(at[c]) - a.m);
    row.rest = a.s > 0 && a.s < DOMINATED ? rest : row.rest;
  }
#endif
#define ROW_SUM_OF(name) row.name = sums.name;
#define ROW_SUM_OF2(name, of) row.name = sums.name;
  SUMS(ROW_SUM_OF, ROW_SUM_OF, ROW_SUM_OF2, ROW_SUM_OF)
#ifdef ARGMAX
  row.argmax = a.m == a.m ? a.argmax : (row_int)-1;
#endif
#elif REDUCTION == SUM
  row.s = (row_t)0;
  EACH_COLUMN(c) row.s += term(at[c]);
#endif
  row_values(&row);
#define WRITE(name) store_rows(row.name, o.name, live);
  ROWS_OUT(WRITE)
#define WRITE_INDEX(name) store_indices(row.name, o.name, live);
  INDICES_OUT(WRITE_INDEX)
#ifdef HAS_MATRIX_OUT
  EACH_COLUMN(c) at[c].exp = emit(at[c], row);        // the result waits where the exponential was
  EACH_BLOCK(j) {
    elem v[V];
    #pragma unroll
    for (uint k = 0; k < V; k++) v[k] = k < COLS ? at[BLOCK_AT(j) + (k < COLS ? k : 0)].exp : (elem)0;
    transpose(v);
    #pragma unroll
    for (uint r = 0; r < V; r++) CAT(vstore, V)(v[r], 0, stage + r * COLS + BLOCK_AT(j));   // what goes past a row, the next mends
  }
#ifdef PATCH_AT
  union { row_int v; lane_int lane[V]; } t;
  union { elem v; real lane[V]; } u;
  t.v = row.PATCH_AT;
  #pragma unroll
  for (uint r = 0; r < V; r++) u.lane[r] = (uint)t.lane[r] < COLS ? stage[r * COLS + (uint)t.lane[r]] : (real)0;
  u.v = patch(u.v, row);
  #pragma unroll
  for (uint r = 0; r < V; r++) if ((uint)t.lane[r] < COLS) stage[r * COLS + (uint)t.lane[r]] = u.lane[r];
#endif
#endif
}

kernel void ENTRY(short_rows_item)(OPERAND_PARAMETERS ulong rows, uint cols SCALAR_PARAMETERS) {
  OPERANDS(all)
  const size_t tiles = (rows + TILE - 1) / TILE;
  real stage[TILE * COLS + V];
  for (size_t tile = tiles * get_global_id(0) / get_global_size(0), end = tiles * (get_global_id(0) + 1) / get_global_size(0);
       tile < end; tile++) {
    size_t i = tile * TILE;
    uint live = (uint)min((ulong)TILE, rows - i);
    for (uint r = 0; r < live; r += V)
      rows_of_tile(at_row(all, (i + r) * COLS, i + r), (rows - i - r) * COLS, min(live - r, (uint)V), stage + r * COLS);
#ifdef HAS_MATRIX_OUT
    global data_t *p = all.out + i * COLS;
    // The elements before the first whole vector, as the matrix may begin anywhere in its buffer.
    uint n = live * COLS, j = min(n, (uint)(-((ulong)p / sizeof(data_t)) % V));
    if (j > 0) store_first(CAT(vload, V)(0, stage), p, j);
    for (; j + V <= n; j += V) write(CAT(vload, V)(0, stage + j), p + j);
    if (j < n) store_first(CAT(vload, V)(0, stage + j), p + j, n - j);
#endif
  }
}
