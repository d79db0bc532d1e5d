// cross_entropy_forward: loss = log(s) - (x_t - m),  lse = m + log(s),  dx = (exp(x - m) / s - [j = t]) * scale,
//                        m = max_j x,  s = sum_j exp(x - m),  t = target
// reads  x  rows*cols, target  rows        writes any of loss  rows (-DHAS_LOSS), lse  rows (-DHAS_LSE), dx  rows*cols (-DHAS_DX)
// bytes  rows*cols*sizeof(data_t); with dx 2* while the row stays on chip, else 3*
// edges  NaN or +inf anywhere -> loss NaN, dx NaN row, lse NaN or +inf; all -inf -> loss NaN, dx NaN row, lse -inf;
//        x_t = -inf -> loss +inf; target = ignored -> loss 0 and dx 0 exactly, whatever the row holds, lse as ever
// needs  target in [0, cols) or ignored: the caller checks; others read nothing out of bounds. loss is not scaled.
#include "lib/optional.clh"
#define IF_HAS_LOSS(each, name)
#define IF_HAS_LSE(each, name)
#ifdef HAS_LOSS
#define PICKED(each)      each(x_t, x, target)      // x_t = x[target]
#endif
#ifdef HAS_DX
#define MATRIX_OUT(each)  each(dx)
#define EMITS_FROM_EXP
#define PATCH_AT          target
#endif
#define MATRICES_IN(each) each(x)
#define LABELS(each)      each(target)
#define ROWS_OUT(each)    OPTIONAL(LOSS, each, loss) OPTIONAL(LSE, each, lse)
#define ROW_VALUES(each)  each(scale_p)
#define ROW_FLAGS(each)   each(counts)
#define SCALARS(each)     each(real, scale) each(int, ignored)
#define REDUCTION         LOG_SUM_EXP
#if defined(HAS_LOSS) || defined(HAS_LSE)
#define WANTS_REST
#endif
#include "lib/op.clh"

static inline elem term(Element at) { return at.x; }
static inline void row_values(Row *row) {
  row->counts = row->target != row->ignored;
  row->scale_p = row->scale / row->s;
#ifdef HAS_LOSS
  row->loss = row->counts ? log_of(row->rest) - (row->x_t - row->m) : (row_t)0;
#endif
#ifdef HAS_LSE
  row->lse = row->m == INFINITY ? row->m : row->m + log_of(row->rest);
#endif
}
#ifdef HAS_DX
static inline elem emit(Element at, Row row) { return row.counts ? at.exp * row.scale_p : (elem)0; }
static inline elem patch(elem dx, Row row)   { return row.counts ? dx - row.scale : (elem)0; }
#endif
