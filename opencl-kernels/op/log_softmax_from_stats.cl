// log_softmax_from_stats: y = (x - max) - log(sum_exp), of some of a row's columns and the statistics of all of them
// reads  x  rows*cols, max, sum_exp  rows each        writes y  rows*cols
// bytes  2*rows*cols*sizeof(data_t)
// edges  as log_softmax_forward: max NaN or +inf, or sum_exp 0 (the whole row is -inf) -> NaN; else x = -inf -> -inf
#define MATRICES_IN(each) each(x)
#define ROWS_IN(each)     each(max) each(sum_exp)
#define MATRIX_OUT(each)  each(y)
#define ROW_VALUES(each)  each(log_s)
#define REDUCTION         NONE
#include "lib/op.clh"

static inline void row_values(Row *row)      { row->log_s = log(row->sum_exp); }
static inline elem emit(Element at, Row row) { return (at.x - row.max) - row.log_s; }
