// nll_forward: loss = -w y_t,  t = target,  w = weights[t] (-DHAS_WEIGHTS) or 1
// reads  y  one element of each row, target  rows, weights  cols        writes loss  rows
// bytes  3*rows*sizeof(data_t); a cache line of y for each row
// edges  target = ignored -> 0, whatever the row holds; w = 0 -> 0, at an infinity too
// needs  target in [0, cols) or ignored: the caller checks; others read nothing out of bounds. loss is not scaled.
#ifdef HAS_WEIGHTS
#define COLUMNS_IN(each)     each(weights)
#define COLUMNS_PICKED(each) each(w_t, weights, target)
#endif
#define MATRICES_IN(each)    each(y)
#define LABELS(each)         each(target)
#define PICKED(each)         each(y_t, y, target)
#define ROWS_OUT(each)       each(loss)
#define SCALARS(each)        each(int, ignored)
#define REDUCTION            NONE
#include "lib/op.clh"

static inline void row_values(Row *row) {
  const row_t zero = 0;
  row->loss = -row->y_t;
#ifdef HAS_WEIGHTS
  row->loss = row->w_t == 0 ? zero : row->w_t * row->loss;
#endif
  row->loss = row->target != row->ignored ? row->loss : zero;
}
