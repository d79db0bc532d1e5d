// log_sum_exp_from_stats: lse = max + log(sum_exp)
// reads  max, sum_exp  rows each        writes lse  rows
// bytes  3*rows*sizeof(data_t)
// edges  -inf, 0 (nothing but -inf) -> -inf; +inf -> +inf; NaN -> NaN
#define ROWS_IN(each)     each(max) each(sum_exp)
#define ROWS_OUT(each)    each(lse)
#define REDUCTION         NONE
#include "lib/op.clh"

static inline void row_values(Row *row) { row->lse = row->max == INFINITY ? row->max : row->max + log(row->sum_exp); }
