// log_softmax_backward_zero: dx = dy - exp(y) * g,  g = sum_j dy; 0 where all y of a row are -inf
// reads  y, dy  rows*cols        writes dx  rows*cols
// bytes  as log_softmax_backward
// edges  as log_softmax_backward, but for rows of -inf only: y is reduced just to see whether there is anything
// needs  y = log_softmax(x): y <= 88
#define MATRICES_IN(each) each(y)
#define WEIGHTS_IN(each)  each(dy)
#define MATRIX_OUT(each)  each(dx)
#define SUMS(plain, weighted, centred, moment) plain(g)
#define ROW_FLAGS(each)   each(empty)
#define REDUCTION         LOG_SUM_EXP
#include "lib/op.clh"

static inline elem term(Element at)          { return at.y; }
static inline elem of_g(Element at)          { return at.dy; }
static inline void row_values(Row *row) {
  row->empty = row->s == 0;
  row->g = isinf(row->g) ? (row_t)NAN : row->g;
}
static inline elem emit(Element at, Row row) { return row.empty ? (elem)0 : at.dy - expv(at.y) * row.g; }
