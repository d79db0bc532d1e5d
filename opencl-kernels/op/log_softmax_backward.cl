// log_softmax_backward: dx = dy - exp(y) * s,  s = sum_j dy
// reads  y, dy  rows*cols        writes dx  rows*cols
// bytes  3*rows*cols*sizeof(data_t) while the row stays on chip, else 4*
// edges  y = NaN (forward's NaN row) -> NaN row; NaN or an infinity in dy -> NaN row; y = -inf -> dy there;
//        with -DEMPTY_ZERO a row whose y are all -inf gets 0
// needs  y = log_softmax(x): y <= 88
#define MATRIX_OUT(each)  each(dx)
#ifdef EMPTY_ZERO
#define MATRICES_IN(each) each(y)
#define WEIGHTS_IN(each)  each(dy)
#define SUMS(plain, weighted, centred, moment) plain(g)
#define ROW_FLAGS(each)   each(empty)
#define REDUCTION         LOG_SUM_EXP                // of y, only to see whether there is anything
#else
#define MATRICES_IN(each) each(y) each(dy)
#define REDUCTION         SUM
#endif
#include "lib/op.clh"

#ifdef EMPTY_ZERO
static inline elem term(Element at)          { return at.y; }
static inline elem of_g(Element at)          { return at.dy; }
static inline void row_values(Row *row) {
  row->empty = row->s == 0;
  row->s = isinf(row->g) ? (row_t)NAN : row->g;
}
static inline elem emit(Element at, Row row) { return row.empty ? (elem)0 : at.dy - expv(at.y) * row.s; }
#else
static inline elem term(Element at)          { return at.dy; }
static inline void row_values(Row *row)      { row->s = isinf(row->s) ? (row_t)NAN : row->s; }   // dy - p * inf would leave infinities
static inline elem emit(Element at, Row row) { return at.dy - expv(at.y) * row.s; }
#endif
