// log_add_exp_forward: y = max(a, b) + log1p(exp(-|a - b|))
// reads  a, b  rows*cols        writes y  rows*cols
// bytes  3*rows*cols*sizeof(data_t)
// edges  equal infinities -> themselves; NaN -> NaN
#define MATRICES_IN(each) each(a) each(b)
#define MATRIX_OUT(each)  each(y)
#define REDUCTION         NONE
#include "lib/op.clh"
#include "lib/log1p.clh"

static inline void row_values(Row *row) { }
static inline elem emit(Element at, Row row) {
  elem d = at.a == at.b ? (elem)0 : fabs(at.a - at.b);      // the difference of equal infinities would be NaN
  return fast_max(at.a, at.b) + log1pv(expv(-d));           // a NaN that fast_max drops is in d
}
