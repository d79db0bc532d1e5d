// row_total: total = sum_j scale * x: a mean of large losses does not overflow
// reads  x  rows*cols        writes total  rows
// bytes  rows*cols*sizeof(data_t)
// edges  NaN -> NaN; inf as in any sum; no columns -> 0; an infinite scale (a mean over nothing) -> NaN
// The host sums a column of losses with it: one row of 2^24 columns must not drift (lib/reduce_row.clh, CHUNK).
#define MATRICES_IN(each) each(x)
#define ROWS_OUT(each)    each(total)
#define SCALARS(each)     each(real, scale)
#define REDUCTION         SUM
#include "lib/op.clh"

static inline elem term(Element at)     { return at.scale * at.x; }
static inline void row_values(Row *row) { row->total = row->s + (row->scale - row->scale); }
