// row_stats: max = max_j x,  sum_exp = sum_j exp(x - max): what parts of a row are merged by
// reads  x  rows*cols        writes max, sum_exp  rows each
// bytes  rows*cols*sizeof(data_t)
// edges  no columns, all -inf -> -inf, 0, which merges into anything without a trace; +inf -> +inf, NaN; NaN anywhere -> NaN, NaN
#define MATRICES_IN(each) each(x)
#define ROWS_OUT(each)    each(max) each(sum_exp)
#define REDUCTION         LOG_SUM_EXP
#include "lib/op.clh"

static inline elem term(Element at) { return at.x; }
static inline void row_values(Row *row) {
  row->max = row->s == 0 ? (row_t)(-INFINITY) : row->m;
  row->sum_exp = row->m == INFINITY ? (row_t)NAN : row->s;
}
