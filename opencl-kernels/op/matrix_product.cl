// matrix_product: c = a b,  c_ij = sum_k a_ik b_kj,  a (-DA_TRANSPOSED) or b (-DB_TRANSPOSED) transposed in memory
// reads  a  rows*inner, b  inner*cols        writes c  rows*cols
// bytes  (rows*inner + inner*cols + rows*cols)*sizeof(data_t) while a strip of b stays in a cache
// edges  infinities and NaN as in any sum of products; inner = 0 -> 0
// No op of a row: it has a geometry of its own.
#define MATRICES_IN(each) each(a) each(b)
#define MATRIX_OUT(each)  each(c)
#define SCALARS(each)     each(int, inner)
#define REDUCTION         NONE
#define WALK              TILES
#include "lib/op.clh"
