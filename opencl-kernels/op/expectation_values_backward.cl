// expectation_values_backward: dt = g * exp(h - m) / s,  m = max_j h,  s = sum_j exp(h - m)
// reads  h  rows*cols, g  rows        writes dt  rows*cols
// bytes  2*rows*cols*sizeof(data_t) while the row stays on chip, else 3*
// edges  h = -inf -> 0; NaN or +inf -> NaN row; all -inf -> NaN row, 0 with -DEMPTY_ZERO
// Also the gradient of logsumexp from its input alone.
#define MATRICES_IN(each) each(h)
#define ROWS_IN(each)     each(g)
#define MATRIX_OUT(each)  each(dt)
#define ROW_VALUES(each)  each(scale)
#define REDUCTION         LOG_SUM_EXP
#define EMITS_FROM_EXP
#include "lib/op.clh"

static inline elem term(Element at)          { return at.h; }
static inline void row_values(Row *row) {
  row->scale = row->g / row->s;
#ifdef EMPTY_ZERO
  row->scale = row->s == 0 ? (row_t)0 : row->scale;
#endif
}
static inline elem emit(Element at, Row row) { return at.exp * row.scale; }
