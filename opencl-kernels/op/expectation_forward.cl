// expectation_forward: e = sum_j p_j t_j,  p_j = exp(h_j - m) / s,  m = max_j h,  s = sum_j exp(h - m)
// reads  h  rows*cols, t  rows*cols, or cols (-DCOMMON_VALUES)        writes e  rows
// bytes  2*rows*cols*sizeof(data_t), or rows*cols*sizeof(data_t)
// edges  h = -inf -> absent, whatever t is; NaN, +inf, all -inf or no columns -> NaN
#ifdef COMMON_VALUES
#define COLUMNS_IN(each)  each(t)
#else
#define WEIGHTS_IN(each)  each(t)
#endif
#define MATRICES_IN(each) each(h)
#define ROWS_OUT(each)    each(e)
#define REDUCTION         LOG_SUM_EXP
#define SUMS(plain, weighted, centred, moment) weighted(values)
#include "lib/op.clh"

static inline elem term(Element at)      { return at.h; }
static inline elem of_values(Element at) { return at.h == -INFINITY ? (elem)0 : at.t; }
static inline void row_values(Row *row)  { row->e = row->values / row->s; }
