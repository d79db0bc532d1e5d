// merge_row_stats: max = max(a_max, b_max),  sum_exp = a_sum_exp * exp(a_max - max) + b_sum_exp * exp(b_max - max)
// reads  a_max, a_sum_exp, b_max, b_sum_exp  rows each        writes max, sum_exp  rows each
// bytes  6*rows*sizeof(data_t)
// edges  -inf, 0 on one side -> the other side's bits; +inf -> +inf, NaN; NaN on a side -> NaN, NaN
#define ROWS_IN(each)     each(a_max) each(a_sum_exp) each(b_max) each(b_sum_exp)
#define ROWS_OUT(each)    each(max) each(sum_exp)
#define REDUCTION         NONE
#include "lib/op.clh"

// Of equal maxima the factor is 1: (-inf) - (-inf) never forms.
static inline row_t rescaled(row_t sum, row_t from, row_t to) { return from == to ? sum : sum * exp(from - to); }
static inline void row_values(Row *row) {
  row->max = row->a_max > row->b_max || row->a_max != row->a_max ? row->a_max : row->b_max;
  row->sum_exp = rescaled(row->a_sum_exp, row->a_max, row->max) + rescaled(row->b_sum_exp, row->b_max, row->max);
}
