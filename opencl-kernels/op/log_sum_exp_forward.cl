// log_sum_exp_forward: lse = m + log(s),  m = max_j x,  s = sum_j exp(x - m)
// reads  x  rows*cols        writes lse  rows
// bytes  rows*cols*sizeof(data_t)
// edges  NaN -> NaN; +inf -> +inf; -inf as if absent; all -inf or no columns -> -inf
#define MATRICES_IN(each) each(x)
#define ROWS_OUT(each)    each(lse)
#define REDUCTION         LOG_SUM_EXP
#define WANTS_REST
#include "lib/op.clh"

static inline elem term(Element at)     { return at.x; }
static inline void row_values(Row *row) { row->lse = row->m == INFINITY ? row->m : row->m + log_of(row->rest); }
