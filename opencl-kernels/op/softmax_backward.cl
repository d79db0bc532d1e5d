// softmax_backward: dx = y * (dy - s),  s = sum_j dy*y
// reads  y, dy  rows*cols        writes dx  rows*cols
// bytes  3*rows*cols*sizeof(data_t) while the row stays on chip, else 5*
// edges  NaN in y (forward's NaN row) or dy, or an infinity in dy -> NaN row; y = 0 -> 0
// Where one element has nearly all of a row, dy - s cancels there. In float64 both are therefore taken relative to the gradient
// g of the element with y > 1/2 (0 without one): dx = y * ((dy - g) - s'),  s' = sum dy*y - g * sum y, over the other elements.
#include "lib/types.clh"
#define MATRICES_IN(each) each(y) each(dy)
#define MATRIX_OUT(each)  each(dx)
#define REDUCTION         SUM
#ifdef IN_DOUBLE
#define SUMS(plain, weighted, centred, moment) plain(g) plain(total)
#endif
#include "lib/op.clh"

#ifdef IN_DOUBLE
static inline elem term(Element at)          { return at.y > (real)0.5f ? (elem)0 : at.dy * at.y; }
static inline elem of_g(Element at)          { return at.y > (real)0.5f ? at.dy : (elem)0; }
static inline elem of_total(Element at)      { return at.y > (real)0.5f ? (elem)0 : at.y; }
static inline elem emit(Element at, Row row) { return at.y * ((at.dy - row.g) - row.s); }
#else
static inline elem term(Element at)          { return at.dy * at.y; }
static inline elem emit(Element at, Row row) { return at.y * (at.dy - row.s); }
#endif
static inline void row_values(Row *row) {
#ifdef IN_DOUBLE
  row->s -= row->g * row->total;
#endif
  row->s = isinf(row->s) ? (row_t)NAN : row->s;      // y * (dy - inf) would leave infinities
}
