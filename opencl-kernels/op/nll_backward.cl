// nll_backward: dy_j = -[j = t] w scale dloss,  t = target,  w = weights[t] (-DHAS_WEIGHTS) or 1
// reads  target  rows, weights  cols, dloss  rows (-DHAS_DLOSS), 1 (-DCOMMON_DLOSS) or none: then 1        writes dy  rows*cols
// bytes  rows*cols*sizeof(data_t)
// edges  target = ignored -> 0
// needs  target in [0, cols) or ignored: the caller checks
#if defined(HAS_DLOSS)
#define ROWS_IN(each)        each(dloss)
#elif defined(COMMON_DLOSS)
#define COMMON_IN(each)      each(dloss)
#endif
#ifdef HAS_WEIGHTS
#define COLUMNS_IN(each)     each(weights)
#define COLUMNS_PICKED(each) each(w_t, weights, target)
#endif
#define LABELS(each)         each(target)
#define MATRIX_OUT(each)     each(dy)
#define PATCH_AT             target
#define ROW_VALUES(each)     each(hit)
#define ROW_FLAGS(each)      each(counts)
#define SCALARS(each)        each(real, scale) each(int, ignored)
#define REDUCTION            NONE
#include "lib/op.clh"

static inline void row_values(Row *row) {
  row->counts = row->target != row->ignored;
  row->hit = (row_t)row->scale;
#if defined(HAS_DLOSS) || defined(COMMON_DLOSS)
  row->hit *= row->dloss;
#endif
#ifdef HAS_WEIGHTS
  row->hit *= row->w_t;
#endif
}
static inline elem emit(Element at, Row row) { return (elem)0; }
static inline elem patch(elem dy, Row row)   { return row.counts ? -row.hit + dy : (elem)0; }
