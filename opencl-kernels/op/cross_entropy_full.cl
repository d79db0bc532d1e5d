// cross_entropy_full: cross-entropy with options, forward, backward or both; what is defined is computed, the rest costs nothing.
//   z_j = cap tanh(slope x_j / cap) (-DSOFT_CAP) or slope x_j (-DLOGIT_SCALE) or x_j; -inf where mask_j (-DHAS_MASK)
//   m = max_j z,  s = sum_j exp(z - m),  p_j = exp(z_j - m) / s,  lse = m + log(s)
//   t_j = w_j (keep y_j + even [j takes part]): y = target (-DPROBABILITIES) or 1 at the target class, w = weights
//         (-DHAS_WEIGHTS) or 1, keep and even from smoothing (-DSMOOTHING) or 1 and 0;  T = sum_j t_j
//   loss = T log(s) - sum_j t_j (z_j - m),  z_loss = lambda lse^2 (-DZ_LOSS),  log_prob_j = (z_j - m) - log(s)
//   dx_j = ((p_j T - t_j) scale + 2 lambda lse p_j z_scale) dloss dz_j/dx_j,  dz/dx = slope (1 - tanh^2), 0 where mask
//   predicted = the first column of m;  correct = [predicted = target]
// reads  x  rows*cols, target  rows, or rows*cols of probabilities, dloss as cross_entropy_backward, weights, mask  cols each
// writes any of loss, z_loss, lse, correct, predicted  rows each, one of log_prob and dx  rows*cols
// bytes  the matrices once while the row stays on chip; none of the row values is scaled by the reduction
// edges  NaN or +inf among the z, all -inf -> loss NaN, dx NaN row, predicted -1 for NaN; t_j > 0 at z_j = -inf -> loss +inf,
//        t_j = 0 adds 0; target = ignored -> loss, z_loss, correct, dx 0, whatever the row holds, the others as ever;
//        x_j = -inf stays -inf under a cap, x_j = +inf becomes cap
// needs  a target class in [0, cols) that takes part, or ignored; probabilities and weights >= 0; slope, cap > 0
#if defined(PROBABILITIES) || defined(SMOOTHING)
#define TARGET_WEIGHTS                             // t_j is a matter of every column
#endif
#ifdef PROBABILITIES
#define WEIGHTS_IN(each)  each(target)
#define COUNTED_ROW(each)
#else
#define LABELS(each)      each(target)
#define COUNTED_ROW(each) each(counts)
#if defined(HAS_LOSS) || (defined(HAS_DX) && defined(SOFT_CAP))
#define NEEDS_X_T
#define PICKED(each)      each(x_t, x, target)
#endif
#if defined(HAS_WEIGHTS) && (defined(HAS_LOSS) || defined(HAS_DX))
#define NEEDS_W_T
#define COLUMNS_PICKED(each) each(w_t, weights, target)
#endif
#endif
#if defined(HAS_DLOSS)
#define ROWS_IN(each)     each(dloss)
#elif defined(COMMON_DLOSS)
#define COMMON_IN(each)   each(dloss)
#endif
#include "lib/optional.clh"
#define IF_HAS_WEIGHTS(each, name)
#define IF_HAS_MASK(each, name)
#define IF_HAS_LOSS(each, name)
#define IF_HAS_Z_LOSS(each, name)
#define IF_HAS_LSE(each, name)
#define IF_HAS_CORRECT(each, name)
#ifdef HAS_PREDICTED
#define INDICES_OUT(each) each(predicted)
#endif
#if defined(HAS_CORRECT) || defined(HAS_PREDICTED)
#define ARGMAX
#endif
#if defined(HAS_LOG_PROB)
#define MATRIX_OUT(each)  each(log_prob)
#elif defined(HAS_DX)
#define MATRIX_OUT(each)  each(dx)
#ifndef PROBABILITIES
#define PATCH_AT          target
#endif
#endif
#if defined(TARGET_WEIGHTS) && defined(HAS_LOSS)
#define SUMS(plain, weighted, centred, moment) plain(target_weight) centred(pull, target_weight)
#elif defined(TARGET_WEIGHTS) && defined(HAS_DX)
#define SUMS(plain, weighted, centred, moment) plain(target_weight)
#endif
#ifdef SMOOTHING
#define HAS_ONE
#endif
#if defined(HAS_LOSS) || defined(HAS_Z_LOSS) || defined(HAS_LSE) || defined(HAS_LOG_PROB)
#define WANTS_REST
#define LOG_S(row)        log_of((row)->rest)
#else
#define LOG_S(row)        log((row)->s)
#endif
#define MATRICES_IN(each) each(x)
#define COLUMNS_IN(each)  OPTIONAL(WEIGHTS, each, weights) OPTIONAL(MASK, each, mask)
#define ROWS_OUT(each)    OPTIONAL(LOSS, each, loss) OPTIONAL(Z_LOSS, each, z_loss) OPTIONAL(LSE, each, lse) \
                          OPTIONAL(CORRECT, each, correct)
#define ROW_VALUES(each)  each(log_s) each(per_p) each(per_target_weight) each(hit)
#define ROW_FLAGS(each)   COUNTED_ROW(each)
#define SCALARS(each)     each(real, scale) each(real, z_scale) each(real, keep) each(real, even) each(real, lambda) \
                          each(real, slope) each(real, factor) each(real, cap) each(int, ignored)
#define REDUCTION         LOG_SUM_EXP
#include "lib/op.clh"
#include "lib/tanh.clh"
#if defined(LANES_ARE_ROWS) || V == 1
#define OF_ROW(v) (v)
#else
#define OF_ROW(v) (v).s0                           // the same maths for a row's own value, to the bit
#endif

static inline elem score(elem x, real factor, real cap) {
#if defined(SOFT_CAP)
  return x == -INFINITY ? x : cap * tanhv(x * factor);
#elif defined(LOGIT_SCALE)
  return x * factor;
#else
  return x;
#endif
}
static inline elem slope_at(elem x, real slope, real factor) {
#if defined(SOFT_CAP)
  return slope * sech2v(x * factor);
#else
  return (elem)slope;
#endif
}
static inline elem term(Element at) {
  elem z = score(at.x, at.factor, at.cap);
#ifdef HAS_MASK
  z = at.mask != 0 ? (elem)-INFINITY : z;
#endif
  return z;
}
// The target weight of a column, without what the target class keeps: that is the row's hit.
static inline elem of_target_weight(Element at) {
  elem t = (elem)0;
#ifdef PROBABILITIES
  t = at.target * at.keep;
#endif
#ifdef SMOOTHING
#ifdef HAS_MASK
  t += at.mask != 0 ? (elem)0 : at.even * at.one;
#else
  t += at.even * at.one;
#endif
#endif
#ifdef HAS_WEIGHTS
  t *= at.weights;
#endif
  return t;
}
static inline void row_values(Row *row) {
  const row_t zero = 0, lse = row->m == INFINITY ? row->m : row->m + LOG_S(row);
  row->log_s = LOG_S(row);
#ifdef PROBABILITIES
  row->hit = zero;
#else
  row->counts = row->target != row->ignored;
  row->hit = (row_t)row->keep;
#ifdef NEEDS_W_T
  row->hit *= row->w_t;
#endif
#endif
#ifdef NEEDS_X_T
  const elem x_t = (elem)row->x_t;
#endif
#if defined(TARGET_WEIGHTS) && (defined(HAS_LOSS) || defined(HAS_DX))
  const row_t total = row->target_weight + row->hit;
#else
  const row_t total = row->hit;
#endif

#ifdef HAS_LOSS
  row->loss = total * row->log_s;
#ifdef TARGET_WEIGHTS
  row->loss -= row->pull;
#endif
#ifndef PROBABILITIES
  row->loss -= row->hit == 0 ? zero : row->hit * (OF_ROW(score(x_t, row->factor, row->cap)) - row->m);
  row->loss = row->counts ? row->loss : zero;
#endif
#endif
#ifdef HAS_Z_LOSS
  row->z_loss = row->lambda * lse * lse;
#ifndef PROBABILITIES
  row->z_loss = row->counts ? row->z_loss : zero;
#endif
#endif
#ifdef HAS_LSE
  row->lse = lse;
#endif
#ifdef HAS_PREDICTED
  row->predicted = row->argmax;
#endif
#ifdef HAS_CORRECT
  row->correct = (row->counts & (row->argmax == row->target)) ? zero + 1 : zero;
#endif

#ifdef HAS_DX
#if defined(HAS_DLOSS) || defined(COMMON_DLOSS)
  const row_t g = row->dloss;
#else
  const row_t g = zero + 1;
#endif
  row->per_target_weight = row->scale * g;
  row->per_p = total * row->per_target_weight;
#ifdef Z_LOSS
  row->per_p += 2 * row->lambda * lse * row->z_scale * g;
#endif
#if defined(LOGIT_SCALE) && !defined(SOFT_CAP)
  row->per_target_weight *= row->slope;
  row->per_p *= row->slope;
#endif
  row->per_p /= row->s;
  row->hit *= row->per_target_weight;
#if defined(SOFT_CAP) && !defined(PROBABILITIES)
  row->hit *= OF_ROW(slope_at(x_t, row->slope, row->factor));
#endif
#endif
}
#if defined(HAS_LOG_PROB)
static inline elem emit(Element at, Row row) { return (term(at) - row.m) - row.log_s; }
#elif defined(HAS_DX)
static inline elem emit(Element at, Row row) {
  elem dx = expv(term(at) - row.m) * row.per_p;
#ifdef TARGET_WEIGHTS
  dx -= of_target_weight(at) * row.per_target_weight;
#endif
#ifdef SOFT_CAP
  dx *= slope_at(at.x, at.slope, at.factor);
#endif
#ifdef HAS_MASK
  dx = at.mask != 0 ? (elem)0 : dx;                  // in a row of NaN, too
#endif
#ifdef PROBABILITIES
  return dx;
#else
  return row.counts ? dx : (elem)0;
#endif
}
#ifndef PROBABILITIES
static inline elem patch(elem dx, Row row) { return row.counts ? dx - row.hit : (elem)0; }
#endif
#endif
