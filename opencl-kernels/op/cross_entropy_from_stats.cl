// cross_entropy_from_stats: of some of a row's columns and the statistics of all of them, t = target counted from the first of
// these columns: loss = log(sum_exp) - (x_t - max) where t is one of them, else 0; dx = (exp(x - max) / sum_exp - [j = t]) * scale
// reads  x  rows*cols, max, sum_exp, target  rows each        writes any of loss  rows (-DHAS_LOSS), dx  rows*cols (-DHAS_DX)
// bytes  with dx 2*rows*cols*sizeof(data_t); else a cache line per row
// edges  max NaN or +inf, or sum_exp 0 (the whole row is -inf) -> loss NaN where t is here, dx NaN; target = ignored -> loss 0 and
//        dx 0 exactly
// needs  x <= max
#ifdef HAS_LOSS
#define ROWS_OUT(each)    each(loss)
#define PICKED(each)      each(x_t, x, target)      // x_t = x[target]
#endif
#ifdef HAS_DX
#define MATRIX_OUT(each)  each(dx)
#define PATCH_AT          target
#endif
#define MATRICES_IN(each) each(x)
#define ROWS_IN(each)     each(max) each(sum_exp)
#define LABELS(each)      each(target)
#define ROW_VALUES(each)  each(scale_p)
#define ROW_FLAGS(each)   each(counts) each(here)
#define SCALARS(each)     each(real, scale) each(int, ignored) each(int, columns)
#define REDUCTION         NONE
#include "lib/op.clh"

static inline void row_values(Row *row) {
  row->counts = row->target != row->ignored;
  row->here = row->target >= 0 && row->target < row->columns;
  row->scale_p = row->scale / row->sum_exp;
#ifdef HAS_LOSS
  row->loss = row->here ? log(row->sum_exp) - (row->x_t - row->max) : (row_t)0;
#endif
}
#ifdef HAS_DX
static inline elem emit(Element at, Row row) { return row.counts ? expv(at.x - row.max) * row.scale_p : (elem)0; }
static inline elem patch(elem dx, Row row)   { return row.counts ? dx - row.scale : (elem)0; }
#endif
