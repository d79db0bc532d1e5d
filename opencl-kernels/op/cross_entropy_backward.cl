// cross_entropy_backward: dx = (exp(x - m) / s - [j = t]) * scale * dloss,  m = max_j x,  s = sum_j exp(x - m),  t = target
// reads  x  rows*cols, target  rows, dloss  rows (-DHAS_DLOSS), 1 (-DCOMMON_DLOSS) or none: then 1        writes dx  rows*cols
// bytes  2*rows*cols*sizeof(data_t) while the row stays on chip, else 3*
// edges  NaN or +inf anywhere, all -inf -> NaN row; target = ignored -> 0 exactly, whatever the row holds
// needs  target in [0, cols) or ignored: the caller checks
// m and s are computed again: exp(x - lse) from a float32 lse would lose digits where the row has a large offset.
#if defined(HAS_DLOSS)
#define ROWS_IN(each)     each(dloss)
#elif defined(COMMON_DLOSS)
#define COMMON_IN(each)   each(dloss)
#endif
#define MATRICES_IN(each) each(x)
#define LABELS(each)      each(target)
#define MATRIX_OUT(each)  each(dx)
#define PATCH_AT          target
#define ROW_VALUES(each)  each(weight) each(weight_p)
#define ROW_FLAGS(each)   each(counts)
#define SCALARS(each)     each(real, scale) each(int, ignored)
#define REDUCTION         LOG_SUM_EXP
#define EMITS_FROM_EXP
#include "lib/op.clh"

static inline elem term(Element at) { return at.x; }
static inline void row_values(Row *row) {
  row->counts = row->target != row->ignored;
#if defined(HAS_DLOSS) || defined(COMMON_DLOSS)
  row->weight = row->scale * row->dloss;
#else
  row->weight = row->scale;
#endif
  row->weight_p = row->weight / row->s;
}
static inline elem emit(Element at, Row row) { return row.counts ? at.exp * row.weight_p : (elem)0; }
static inline elem patch(elem dx, Row row)   { return row.counts ? dx - row.weight : (elem)0; }
