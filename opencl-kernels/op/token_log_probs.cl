// token_log_probs: of each row's log-softmax only what is asked for: that of chosen columns and their places in the order of the
// row, the largest and their columns, the entropy, the maximum and the logarithm of the sum of exponentials
// reads  x  rows*cols, chosen  rows*chosen_count (-DHAS_CHOSEN)
// writes any of logprob, rank  rows*chosen_count each; top, toplogprob  rows*top_count each; entropy, max, logsum  rows each (-DHAS_..)
// bytes  rows*cols*sizeof(data_t)
// edges  order: by falling value, equal ones by rising column, -inf last. NaN anywhere -> NaN, rank 0, top -1;
//        +inf, all -inf -> NaN for all but max, rank and top
// needs  chosen in [0, cols), top_count <= cols and <= 128: the caller checks
#define WALK              TOP
#define MATRICES_IN(each) each(x)
#ifdef HAS_CHOSEN
#define LABELS(each)      each(chosen)
#endif
#ifdef HAS_LOGPROB
#define LOGPROB(each)     each(logprob)
#else
#define LOGPROB(each)
#endif
#ifdef HAS_TOPLOGPROB
#define TOPLOGPROB(each)  each(toplogprob)
#else
#define TOPLOGPROB(each)
#endif
#ifdef HAS_ENTROPY
#define ENTROPY(each)     each(entropy)
#define SUMS(plain, weighted, centred, moment) moment(h)
#else
#define ENTROPY(each)
#endif
#ifdef HAS_MAX
#define MAXIMUM(each)     each(max)
#else
#define MAXIMUM(each)
#endif
#ifdef HAS_LOGSUM
#define LOGSUM(each)      each(logsum)
#else
#define LOGSUM(each)
#endif
#ifdef HAS_RANK
#define RANKS(each)       each(rank)
#else
#define RANKS(each)
#endif
#ifdef HAS_TOP
#define TOPS(each)        each(top)
#else
#define TOPS(each)
#endif
#define ROWS_OUT(each)    LOGPROB(each) TOPLOGPROB(each) ENTROPY(each) MAXIMUM(each) LOGSUM(each)
#define INDICES_OUT(each) RANKS(each) TOPS(each)
#define SCALARS(each)     each(int, chosen_count) each(int, top_count)
#define REDUCTION         LOG_SUM_EXP
#include "lib/op.clh"

static inline elem term(Element at) { return at.x; }
