// log_cum_sum_exp_forward: y_j = log sum_{i <= j} exp(x_i) = m_j + log1p(sum of the others' exp(x_i - m_j)), m_j the largest so far
// reads  x  rows*cols        writes y  rows*cols
// bytes  2*rows*cols*sizeof(data_t)
// edges  -inf at the start of a row -> -inf there; from a +inf on +inf, from a NaN on NaN
#define WALK              SCAN
#define HELD              1
#define MATRICES_IN(each) each(x)
#define MATRIX_OUT(each)  each(y)
#define REDUCTION         LOG_SUM_EXP
#include "lib/op.clh"

static inline elem term(Element at)                        { return at.x; }
static inline elem weight(Element at)                      { return (elem)1; }
static inline elem scanned(Element at, elem ref, elem sum) { return ref + log1p(sum); }
static inline elem emit(Element at, Row row) { return scanned(at, (elem)row.m, (elem)(row.s - 1)); }     // for what is not scanned
