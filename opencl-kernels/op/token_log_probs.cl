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
#include "lib/optional.clh"
#define IF_HAS_LOGPROB(each, name)
#define IF_HAS_TOPLOGPROB(each, name)
#define IF_HAS_ENTROPY(each, name)
#ifdef HAS_ENTROPY
#define SUMS(plain, weighted, centred, moment) moment(h)
#define OTHERS_MOMENT
#endif
#define WANTS_REST
#define IF_HAS_MAX(each, name)
#define IF_HAS_LOGSUM(each, name)
#define IF_HAS_RANK(each, name)
#define IF_HAS_TOP(each, name)
#define ROWS_OUT(each)    OPTIONAL(LOGPROB, each, logprob) OPTIONAL(TOPLOGPROB, each, toplogprob) OPTIONAL(ENTROPY, each, entropy) \
                          OPTIONAL(MAX, each, max) OPTIONAL(LOGSUM, each, logsum)
#define INDICES_OUT(each) OPTIONAL(RANK, each, rank) OPTIONAL(TOP, each, top)
#define SCALARS(each)     each(int, chosen_count) each(int, top_count)
#define REDUCTION         LOG_SUM_EXP
#include "lib/op.clh"

static inline elem term(Element at) { return at.x; }
