// log_sum_exp_backward: dx = dlse * exp(x - lse)
// reads  x  rows*cols, lse  rows, dlse  rows        writes dx  rows*cols
// bytes  2*rows*cols*sizeof(data_t)
// edges  NaN in x -> NaN row, by its lse; lse = +inf -> NaN row; -inf -> 0; all -inf (lse = -inf) -> NaN row, 0 with -DEMPTY_ZERO
// needs  lse of this x, or above it: x - lse <= 88
#define MATRICES_IN(each) each(x)
#define ROWS_IN(each)     each(lse) each(dlse)
#define MATRIX_OUT(each)  each(dx)
#define REDUCTION         NONE
#include "lib/op.clh"

static inline void row_values(Row *row) {
#ifdef EMPTY_ZERO
  row->dlse = row->lse == -INFINITY ? (row_t)0 : row->dlse;
  row->lse = row->lse == -INFINITY ? (row_t)0 : row->lse;
#endif
  row->lse = row->lse == INFINITY ? (row_t)NAN : row->lse;
}
static inline elem emit(Element at, Row row) { return row.dlse * expv(at.x - row.lse); }
