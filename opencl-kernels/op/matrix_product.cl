// matrix_product: c_ij = alpha sum_k a_ik b_kj + beta before_ij + bias_j,  a (-DA_TRANSPOSED) or b (-DB_TRANSPOSED) transposed in memory
// reads  a  rows*inner, b  inner*cols, before  rows*cols and bias  cols where they are there        writes c  rows*cols
// bytes  (rows*inner + inner*cols + rows*cols)*sizeof(data_t) while a strip of b stays in a cache
// edges  infinities and NaN as in any sum of products; inner = 0 -> a sum of 0; before is c itself
// No op of a row: it has a geometry of its own.
#define IF_HAS_BEFORE(each, name)
#define IF_HAS_BIAS(each, name)
#include "lib/optional.clh"
#define MATRICES_IN(each) each(a) each(b) OPTIONAL(BEFORE, each, before)
#define COLUMNS_IN(each)  OPTIONAL(BIAS, each, bias)
#define MATRIX_OUT(each)  each(c)
#define SCALARS(each)     each(int, inner) each(real, alpha) each(real, beta)
#define REDUCTION         NONE
#define WALK              TILES
#include "lib/op.clh"
