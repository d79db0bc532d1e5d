// log_add_exp_backward: da = dy / (1 + exp(b - a))
// reads  a, b, dy  rows*cols        writes da  rows*cols
// bytes  4*rows*cols*sizeof(data_t)
// edges  equal infinities, NaN -> NaN; b = +inf or a = -inf -> 0, the other way round -> dy
#define MATRICES_IN(each) each(a) each(b) each(dy)
#define MATRIX_OUT(each)  each(da)
#define REDUCTION         NONE
#include "lib/op.clh"

static inline void row_values(Row *row) { }
static inline elem emit(Element at, Row row) {
  elem d = at.a - at.b, e = expv(-fabs(d));                 // at most 1: never overflows
  return at.dy * (d < 0 ? e : (elem)1) / (1 + e);
}
