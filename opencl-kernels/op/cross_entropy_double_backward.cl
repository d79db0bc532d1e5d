// cross_entropy_double_backward: dg = e - v_t,  ddx = scale * g * p * (v - e),  p = exp(x - m) / s,  e = sum_j p_j v_j,
//                                m = max_j x,  s = sum_j exp(x - m),  t = target
// reads  x, v  rows*cols, target  rows, g  rows (-DHAS_G), 1 (-DCOMMON_G) or none: then 1
// writes any of dg  rows (-DHAS_DG), ddx  rows*cols (-DHAS_DDX)
// bytes  2*rows*cols*sizeof(data_t); with ddx 3* while the row stays on chip, else 5*
// edges  NaN or +inf anywhere, all -inf -> NaN; x = -inf -> v counts for nothing, ddx 0; target = ignored -> 0 exactly
// needs  target in [0, cols) or ignored: the caller checks. dg is not scaled.
#if defined(HAS_G)
#define ROWS_IN(each)     each(g)
#elif defined(COMMON_G)
#define COMMON_IN(each)   each(g)
#endif
#ifdef HAS_DG
#define ROWS_OUT(each)    each(dg)
#define PICKED(each)      each(v_t, v, target)      // v_t = v[target]
#endif
#ifdef HAS_DDX
#define MATRIX_OUT(each)  each(ddx)
#endif
#define MATRICES_IN(each) each(x)
#define WEIGHTS_IN(each)  each(v)
#define LABELS(each)      each(target)
#define ROW_VALUES(each)  each(mean) each(weight)
#define ROW_FLAGS(each)   each(counts)
#define SCALARS(each)     each(real, scale) each(int, ignored)
#define REDUCTION         LOG_SUM_EXP
#define SUMS(plain, weighted, centred, moment) weighted(values)
#include "lib/op.clh"

static inline elem term(Element at)      { return at.x; }
static inline elem of_values(Element at) { return at.x == -INFINITY ? (elem)0 : at.v; }
static inline void row_values(Row *row) {
  row->counts = row->target != row->ignored;
  row->mean = row->values / row->s;
#if defined(HAS_G) || defined(COMMON_G)
  row->weight = row->scale * row->g / row->s;
#else
  row->weight = row->scale / row->s;
#endif
#ifdef HAS_DG
  row->dg = row->counts ? row->mean - row->v_t : (row_t)0;
#endif
}
#ifdef HAS_DDX
static inline elem emit(Element at, Row row) {
  return row.counts ? expv(at.x - row.m) * row.weight * (of_values(at) - row.mean) : (elem)0;
}
#endif
