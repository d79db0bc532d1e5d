// softmax_backward: dx = y * (dy - s),  s = sum_j dy*y
// reads  y, dy  rows*cols        writes dx  rows*cols
// bytes  3*rows*cols*sizeof(data_t) while the row stays on chip, else 5*
// edges  NaN in y (forward's NaN row) or dy, or an infinity in dy -> NaN row; y = 0 -> 0
#define MATRICES_IN(each) each(y) each(dy)
#define MATRIX_OUT(each)  each(dx)
#define REDUCTION         SUM
#include "lib/op.clh"

static inline elem term(Element at)          { return at.dy * at.y; }
static inline void row_values(Row *row)      { row->s = isinf(row->s) ? (row_t)NAN : row->s; }   // y * (dy - inf) would leave infinities
static inline elem emit(Element at, Row row) { return at.y * (at.dy - row.s); }
