// log_softmax_forward: y = (x - m) - log(s),  m = max_j x,  s = sum_j exp(x - m)
// reads  x  rows*cols        writes y  rows*cols
// bytes  2*rows*cols*sizeof(data_t) while the row stays on chip, else 3*
// edges  NaN or +inf anywhere -> NaN row; -inf -> -inf; all -inf -> NaN row, -inf with -DEMPTY_ZERO
// Two steps, never x - (m + log(s)): a large common offset then costs no digits.
#define MATRICES_IN(each) each(x)
#define MATRIX_OUT(each)  each(y)
#define ROW_VALUES(each)  each(log_s)
#define REDUCTION         LOG_SUM_EXP
#define WANTS_REST
#include "lib/op.clh"

static inline elem term(Element at)          { return at.x; }
static inline void row_values(Row *row) {
  row->log_s = log_of(row->rest);
#ifdef EMPTY_ZERO
  row->log_s = row->s == 0 ? (row_t)0 : row->log_s;
#endif
}
static inline elem emit(Element at, Row row) { return (at.x - row.m) - row.log_s; }
