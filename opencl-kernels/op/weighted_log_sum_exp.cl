// weighted_log_sum_exp: S = sum_j b_j exp(a_j - m),  m = max_j a,  over the elements with b != 0 and where != 0;
//   lse = m + log|S|,  sign = sgn(S),  mean = m + log(S / n), n their number,  da = g b exp(a - m) / S,  db = g exp(a - m) / S
// reads  a  rows*cols, b  rows*cols (-DHAS_B) or cols (-DCOMMON_VALUES too) or none: then 1, where  rows*cols bytes (-DHAS_WHERE),
//        g  rows (-DHAS_G) or none: then 1
// writes any of lse  rows (-DHAS_LSE), sign  rows (-DHAS_SIGN), mean  rows (-DHAS_MEAN), and one of da, db  rows*cols (-DHAS_DA, -DHAS_DB)
// bytes  rows*cols*(sizeof(data_t) of a and b, 1 of where); with da or db sizeof(data_t) more, and the inputs twice beyond what stays on chip
// edges  what is absent counts for nothing, whatever it holds, and gets da, db 0 exactly in any row; none present: lse -inf, sign 0,
//        mean NaN; S = 0: lse -inf, sign 0, da, db NaN where present; a = +inf -> lse +inf and the sign of b, of both signs NaN,
//        da, db NaN where present; NaN -> NaN; S < 0 without sign: lse NaN
#ifdef HAS_B
#ifdef COMMON_VALUES
#define COLUMNS_IN(each)  each(b)
#else
#define WEIGHTS_IN(each)  each(b)
#endif
#define WEIGHTED(sum)     sum(weights)
#define INFINITE(sum)     sum(infinite)      // of the terms at +inf, where m says nothing of their signs
#else
#define WEIGHTED(sum)
#define INFINITE(sum)
#endif
#ifdef HAS_WHERE
#define MASKS_IN(each)    each(where)
#endif
#ifdef HAS_G
#define ROWS_IN(each)     each(g)
#endif
#include "lib/optional.clh"
#define IF_HAS_LSE(each, name)
#define IF_HAS_SIGN(each, name)
#define IF_HAS_MEAN(each, name)
#ifdef HAS_MEAN
#define SCALARS(each)     each(real, n)
#endif
#if defined(HAS_MEAN) && defined(HAS_WHERE)
#define COUNT(sum)        sum(count)
#else
#define COUNT(sum)
#endif
#if defined(HAS_DA)
#define MATRIX_OUT(each)  each(da)
#elif defined(HAS_DB)
#define MATRIX_OUT(each)  each(db)
#endif
#define MATRICES_IN(each) each(a)
#define ROWS_OUT(each)    OPTIONAL(LSE, each, lse) OPTIONAL(SIGN, each, sign) OPTIONAL(MEAN, each, mean)
#define ROW_VALUES(each)  each(total) each(scale)
#define REDUCTION         LOG_SUM_EXP
#ifdef HAS_LSE
#define WANTS_REST
#ifdef HAS_B
#define OTHERS_WEIGHTED
#endif
#endif
#if defined(HAS_B) || (defined(HAS_MEAN) && defined(HAS_WHERE))
#define SUMS(plain, weighted, centred, moment) WEIGHTED(weighted) INFINITE(plain) COUNT(plain)
#endif
#include "lib/op.clh"

// v where the element counts.
static inline elem present(Element at, elem v, elem otherwise) {
#ifdef HAS_WHERE
  v = at.where ? v : otherwise;
#endif
#ifdef HAS_B
  v = at.b == 0 ? otherwise : v;
#endif
  return v;
}
static inline elem term(Element at) { return present(at, at.a, (elem)-INFINITY); }
#ifdef HAS_B
static inline elem of_weights(Element at)  { return present(at, at.b, (elem)0); }
static inline elem of_infinite(Element at) { return present(at, at.b * (at.a == INFINITY ? (elem)INFINITY : (elem)0), (elem)0); }
#endif
static inline elem of_count(Element at) { return present(at, (elem)1, (elem)0); }
static inline row_t finite(row_t m) { return m == INFINITY ? (row_t)0 : m; }      // the sum is then infinite
static inline void row_values(Row *row) {
#ifdef HAS_B
  row_t total = row->m == INFINITY ? row->infinite : row->weights + row->infinite;     // 0, but for a weight of NaN
#else
  row_t total = row->m == INFINITY ? (row_t)INFINITY : row->s;
#endif
  total = row->m != row->m ? row->m : total;
#ifdef HAS_LSE
  const row_t size = fabs(total);                    // near 1 its logarithm is that of what it has beside 1
  row->lse = finite(row->m) + (size > (row_t)0.5f && row->m != INFINITY ? log_of(row->rest) : log(size));
#ifdef HAS_SIGN
  row->sign = total != total ? total : sign(total);
#else
  row->lse = total < 0 ? (row_t)NAN : row->lse;
#endif
#endif
#ifdef HAS_MEAN
#ifdef HAS_WHERE
  row->mean = finite(row->m) + log(total / row->count);
#else
  row->mean = finite(row->m) + log(total / row->n);
#endif
#endif
  row->total = total;
#ifdef HAS_G
  row->scale = row->g / total;
#else
  row->scale = 1 / total;
#endif
  row->scale = total == 0 || isinf(total) ? (row_t)NAN : row->scale;
}
#if defined(HAS_DA) && defined(HAS_B)
static inline elem emit(Element at, Row row) { return present(at, expv(term(at) - row.m) * at.b * row.scale, (elem)0); }
#elif defined(HAS_DA) || defined(HAS_DB)
static inline elem emit(Element at, Row row) { return present(at, expv(term(at) - row.m) * row.scale, (elem)0); }
#endif
