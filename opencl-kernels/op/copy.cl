// copy: y = x
// reads  x  rows*cols        writes y  rows*cols
// bytes  2*rows*cols*sizeof(data_t)
// edges  none: bits are copied
// The benchmark's measure of what memory allows.
#define MATRICES_IN(each) each(x)
#define MATRIX_OUT(each)  each(y)
#define REDUCTION         NONE
#include "lib/op.clh"

static inline void row_values(Row *row)      { }
static inline elem emit(Element at, Row row) { return at.x; }
