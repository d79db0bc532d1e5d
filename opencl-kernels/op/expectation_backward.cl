// expectation_backward: dh = g * p * (t - e),  p = exp(h - m) / s,  e = sum_j p_j t_j,  m = max_j h,  s = sum_j exp(h - m)
// reads  h  rows*cols, t  rows*cols, or cols (-DCOMMON_VALUES), g  rows (-DHAS_G) or none: then 1        writes dh  rows*cols
// bytes  3*rows*cols*sizeof(data_t) while the row stays on chip, else 5*; with common values 2* and 3*
// edges  h = -inf -> 0, whatever t is; NaN, +inf or all -inf -> NaN row
// Also the Hessian of logsumexp times t.
#ifdef COMMON_VALUES
#define COLUMNS_IN(each)  each(t)
#else
#define WEIGHTS_IN(each)  each(t)
#endif
#ifdef HAS_G
#define ROWS_IN(each)     each(g)
#endif
#define MATRICES_IN(each) each(h)
#define MATRIX_OUT(each)  each(dh)
#define ROW_VALUES(each)  each(mean) each(scale)
#define REDUCTION         LOG_SUM_EXP
#define SUMS(plain, weighted, centred, moment) weighted(values)
#include "lib/op.clh"

static inline elem term(Element at)      { return at.h; }
static inline elem of_values(Element at) { return at.h == -INFINITY ? (elem)0 : at.t; }
static inline void row_values(Row *row) {
  row->mean = row->values / row->s;
#ifdef HAS_G
  row->scale = row->g / row->s;
#else
  row->scale = 1 / row->s;
#endif
}
static inline elem emit(Element at, Row row) {
  return expv(at.h - row.m) * row.scale * (of_values(at) - row.mean);
}
