// short_rows_item: each work-item takes tiles of short rows (16 of floats) and transposes them in registers, so that lanes are rows: no
// sum or maximum across lanes, and row_values() for V rows at once (CPU devices). Local size 1, any global size.
//   limits  cols = COLS <= MOST_COLS (32)
//   options V (8, 16, 4), STREAM; the host adds COLS and LANES_ARE_ROWS
#if !defined(LANES_ARE_ROWS) || !defined(COLS)
#error "short_rows_item needs -DLANES_ARE_ROWS and -DCOLS=cols"
#endif
#define MOST_COLS 32
#if COLS > MOST_COLS
#error "-DCOLS=cols, at most MOST_COLS"
#endif
#define ALIGNED 0
// V rows of the same matrix; lanes beyond the last of them repeat it.
typedef struct { uint live, cols; } Layout;
#define EACH_LANE(b, r, live) _Pragma("unroll") for (uint b = 0, r = 0; b < V; b++, r = min(b, (live) - 1))
#define PLACE(l, j, r) ((r) * COLS + (j))
#include "lib/row.clh"
#include "lib/transpose.clh"
#if defined(WANTS_REST) && !defined(OTHERS_WEIGHTED) && COLS <= 8
#define FEW_COLS                 // the one walk forgets nothing: no second one (lib/rest.clh)
#endif
#define EACH_COLUMN(c) _Pragma("unroll") for (uint c = 0; c < COLS; c++)
#define EACH_BLOCK(j)  _Pragma("unroll") for (uint j = 0; j < COLS; j += V)
// Blocks of V columns, of which the last one overlaps its neighbour.
#define BLOCK_AT(j)    ((j) + V <= COLS || COLS < V ? (j) : COLS - V)
#define TILE LINE                // rows; a multiple of V. So many are whole cache lines whatever cols is

// V rows of a matrix as columns. `room`: elements from the first row to the end of the matrix; a row of fewer than V columns is read
// with what follows it.
#define GATHER(kind, name)                                                               \
  EACH_BLOCK(j) {                                                                        \
    elem a[V];                                                                           \
    _Pragma("unroll") for (uint r = 0; r < V; r++) {                                     \
      const uint offset = PLACE(l, BLOCK_AT(j), min(r, live - 1));                       \
      a[r] = as_elem(COLS >= V || room - offset >= V ? kind##_load(o.name + offset) : kind##_first(o.name + offset, COLS % V)); \
    }                                                                                    \
    transpose(a);                                                                        \
    _Pragma("unroll") for (uint k = 0; k < V; k++) if (k < COLS) at[BLOCK_AT(j) + k].name = kind##_OF_BITS(a[k]); \
  }

// V rows, of which `live` exist; what is emitted goes to stage[0 .. live * COLS).
static inline void rows_of_tile(Operands o, size_t room, uint live, real *stage) {
  Element at[COLS];
  const Layout l = {live, COLS};
#define BY_ELEMENT GATHER
#define BY_COLUMN(kind, name)     EACH_COLUMN(c) at[c].name = kind##_across(o.name, c, COLS, V, 1);
#define SPREAD_SCALAR(type, name) EACH_COLUMN(c) at[c].name = o.name;
  INPUTS SCALARS(SPREAD_SCALAR)
#ifdef HAS_ONE
  EACH_COLUMN(c) at[c].one = (elem)1;
#endif
  Row row;
  read_row(&row, o, l);
#if REDUCTION == LOG_SUM_EXP
  Stat a;
  a.m = (row_t)LOWEST;
  a.s = (row_t)0;
  LaneSums sums = no_sums();
#ifdef FEW_COLS
  row_t lost = (row_t)0;
#endif
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
#ifdef FEW_COLS
    a.s = add_lanes(a.s, e, &lost);
#else
    a.s += e;
#endif
    add_sums(&sums, at[c], e, d);
#ifdef EMITS_FROM_EXP
    at[c].exp = e;
#endif
  }
  a = settle(a);
  if (ANY(in_doubt(a))) EACH_COLUMN(c) a = clarify(a, term(at[c]));
#elif REDUCTION == SUM
  Stat a;
  LaneSums sums = no_sums();
  a.s = (row_t)0;
  EACH_COLUMN(c) {
    a.s += term(at[c]);
    add_sums(&sums, at[c]);
  }
#endif
#if REDUCTION != NONE
#define SUM_OF_ROWS(name) a.name = sums.name;
#define SUM_OF_ROWS2(name, of) SUM_OF_ROWS(name)
  SUMS(SUM_OF_ROWS, SUM_OF_ROWS, SUM_OF_ROWS2, SUM_OF_ROWS)
#ifdef FEW_COLS
  a.rest = (a.s - 1) + lost;
#elif defined(WANTS_REST)
  const row_int dominated = is_dominated(a, COLS);
  elem others = (elem)0, beside = (elem)0;
  if (ANY(dominated)) EACH_COLUMN(c) add_others(&others, &beside, at[c], a.m);
  a = set_rest(a, dominated, others, beside);
#endif
  set_stat(&row, a, 0);
#endif
  row_values(&row);
  write_row(o, row, l);
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
  MaskLanes t;
  ElemLanes u;
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
