// log_softmax_backward: dx = dy - exp(y) * s,  s = sum_j dy
// reads  y, dy  rows*cols        writes dx  rows*cols
// bytes  3*rows*cols*sizeof(data_t) while the row stays on chip, else 4*
// edges  y = NaN (forward's NaN row) -> NaN row; NaN or an infinity in dy -> NaN row; y = -inf -> dy there
// needs  y = log_softmax(x): y <= 88
#define MATRICES_IN(each) each(y) each(dy)
#define MATRIX_OUT(each)  each(dx)
#define REDUCTION         SUM
#include "lib/op.clh"

static inline elem term(Element at)          { return at.dy; }
static inline void row_values(Row *row)      { row->s = isinf(row->s) ? (row_t)NAN : row->s; }   // dy - p * inf would leave infinities
static inline elem emit(Element at, Row row) { return at.dy - expv(at.y) * row.s; }
