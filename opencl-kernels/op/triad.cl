// triad: y = a * (b - offset)
// reads  a, b  rows*cols        writes y  rows*cols
// bytes  3*rows*cols*sizeof(data_t)
// edges  as in arithmetic
// The benchmark's measure of what memory allows with two reads to a write.
#define MATRICES_IN(each) each(a) each(b)
#define MATRIX_OUT(each)  each(y)
#define SCALARS(each)     each(real, offset)
#define REDUCTION         NONE
#include "lib/op.clh"

static inline void row_values(Row *row)      { }
static inline elem emit(Element at, Row row) { return at.a * (at.b - row.offset); }
