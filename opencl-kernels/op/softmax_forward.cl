// softmax_forward: y = exp(x - m) / s,  m = max_j x,  s = sum_j exp(x - m)
// reads  x  rows*cols        writes y  rows*cols
// bytes  2*rows*cols*sizeof(data_t) while the row stays on chip, else 3*
// edges  NaN or +inf anywhere -> NaN row; -inf -> 0, and 0 wherever x < m - 87.7; all -inf -> NaN row (0 * 1/0),
//        0 with -DEMPTY_ZERO
#define MATRICES_IN(each) each(x)
#define MATRIX_OUT(each)  each(y)
#define ROW_VALUES(each)  each(scale)
#define REDUCTION         LOG_SUM_EXP
#define EMITS_FROM_EXP
#include "lib/op.clh"

static inline elem term(Element at)          { return at.x; }
static inline void row_values(Row *row) {
  row->scale = 1 / row->s;
#ifdef EMPTY_ZERO
  row->scale = row->s == 0 ? (row_t)0 : row->scale;
#endif
}
static inline elem emit(Element at, Row row) { return at.exp * row.scale; }
