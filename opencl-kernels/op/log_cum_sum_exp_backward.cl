// log_cum_sum_exp_backward: dx_j = exp(x_j) * sum_{i >= j} dy_i * exp(-y_i): the sum runs backwards, and -y then rises, so that
// every exponent is at most 0 if the sum is kept relative to the last -y: no overflow, no logarithms of positive and negative parts
// reads  x, y, dy  rows*cols each        writes dx  rows*cols
// bytes  4*rows*cols*sizeof(data_t)
// edges  x = -inf -> 0; a y of +inf or NaN (they stay to the row's end) -> NaN
#define WALK              SCAN
#define BACKWARDS         1
#define MATRICES_IN(each) each(x) each(y) each(dy)
#define MATRIX_OUT(each)  each(dx)
#define REDUCTION         LOG_SUM_EXP
#include "lib/op.clh"

static inline elem term(Element at)   { return -at.y; }
static inline elem weight(Element at) { return at.y == INFINITY ? (elem)NAN : at.dy; }
static inline elem scanned(Element at, elem ref, elem sum) { return at.x == -INFINITY ? (elem)0 : sum * expv(at.x + ref); }
static inline elem emit(Element at, Row row) { return scanned(at, (elem)row.m, (elem)row.s); }     // for what is not scanned
