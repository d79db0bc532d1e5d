// log_softmax_jvp: jv = v - s,  s = sum_j exp(y) v
// reads  y, v  rows*cols        writes jv  rows*cols
// bytes  3*rows*cols*sizeof(data_t) while the row stays on chip, else 4*
// edges  y = -inf -> v counts for nothing in s; NaN in y or v, or an infinity in s -> NaN row
#define MATRICES_IN(each) each(y) each(v)
#define MATRIX_OUT(each)  each(jv)
#define REDUCTION         SUM
#include "lib/op.clh"

static inline elem term(Element at)          { return at.y == -INFINITY ? (elem)0 : expv(at.y) * at.v; }
static inline void row_values(Row *row)      { row->s = isinf(row->s) ? (row_t)NAN : row->s; }
static inline elem emit(Element at, Row row) { return at.v - row.s; }
