// scan_item: each work-item scans a range of whole rows (CPU devices). Local size 1, any global size.
//   limits  ops with WALK SCAN
//   options V (16, 8, 4)
// V columns at a time with one reference: log2(V) shifted additions. Elsewhere, and at a row's end, lane by lane; with HELD, where a term
// is more than SLACK above the reference, by log2(V) shifted joins.
#include "lib/item.clh"
#include "lib/scan.clh"
// Lane by lane: Oclgrind 21.10 crashes on the undefined lanes of (elem)(0, (v).s012) unoptimised.
#if V == 4
#define REVERSED(v) (v).s3210
#define UP1(v, z) (elem)(z, (v).s0, (v).s1, (v).s2)
#define UP2(v, z) (elem)(z, z, (v).s0, (v).s1)
#elif V == 8
#define REVERSED(v) (v).s76543210
#define UP1(v, z) (elem)(z, (v).s0, (v).s1, (v).s2, (v).s3, (v).s4, (v).s5, (v).s6)
#define UP2(v, z) (elem)(z, z, (v).s0, (v).s1, (v).s2, (v).s3, (v).s4, (v).s5)
#define UP4(v, z) (elem)(z, z, z, z, (v).s0, (v).s1, (v).s2, (v).s3)
#elif V == 16
#define REVERSED(v) (v).sfedcba9876543210
#define UP1(v, z) (elem)(z, (v).s0, (v).s1, (v).s2, (v).s3, (v).s4, (v).s5, (v).s6, (v).s7, (v).s8, (v).s9, (v).sa, (v).sb, (v).sc, (v).sd, (v).se)
#define UP2(v, z) (elem)(z, z, (v).s0, (v).s1, (v).s2, (v).s3, (v).s4, (v).s5, (v).s6, (v).s7, (v).s8, (v).s9, (v).sa, (v).sb, (v).sc, (v).sd)
#define UP4(v, z) (elem)(z, z, z, z, (v).s0, (v).s1, (v).s2, (v).s3, (v).s4, (v).s5, (v).s6, (v).s7, (v).s8, (v).s9, (v).sa, (v).sb)
#define UP8(v, z) (elem)(z, z, z, z, z, z, z, z, (v).s0, (v).s1, (v).s2, (v).s3, (v).s4, (v).s5, (v).s6, (v).s7)
#endif
// Sums of the lanes up to each.
static inline elem running(elem v) {
#if V > 1
#if BACKWARDS
  v = REVERSED(v);
#endif
  v += UP1(v, 0);
  v += UP2(v, 0);
#if V > 4
  v += UP4(v, 0);
#endif
#if V > 8
  v += UP8(v, 0);
#endif
#if BACKWARDS
  v = REVERSED(v);
#endif
#endif
  return v;
}

#if HELD
#if BACKWARDS
#error "HELD scans run forwards"
#endif
// As join(), lane by lane.
static inline void join_lanes(elem *ref, elem *sum, elem ref2, elem sum2) {
  const mask first = *ref >= ref2;
  const elem m = first ? *ref : ref2, d = *ref == ref2 ? (elem)0 : (first ? ref2 : *ref) - m, one = (elem)1;
  *sum = (first ? *sum : sum2) + ((first ? sum2 : *sum) + one) * expv(d);
  *ref = m;
}
// Of terms: the largest up to each lane, and the sum of the others up to there.
static inline void joined(elem *t, elem *sum) {
  const elem lowest = (elem)LOWEST;
  *sum = *t > lowest ? (elem)0 : expv(*t - lowest) - 1;                   // -1 for -inf, NaN for NaN
  *t = *t > lowest ? *t : lowest;
  join_lanes(t, sum, UP1(*t, LOWEST), UP1(*sum, -1));
  join_lanes(t, sum, UP2(*t, LOWEST), UP2(*sum, -1));
#if V > 4
  join_lanes(t, sum, UP4(*t, LOWEST), UP4(*sum, -1));
#endif
#if V > 8
  join_lanes(t, sum, UP8(*t, LOWEST), UP8(*sum, -1));
#endif
}
// The largest lane up to each.
static inline elem highest(elem v) {
  v = FAST_MAX(v, UP1(v, LOWEST));
  v = FAST_MAX(v, UP2(v, LOWEST));
#if V > 4
  v = FAST_MAX(v, UP4(v, LOWEST));
#endif
#if V > 8
  v = FAST_MAX(v, UP8(v, LOWEST));
#endif
  return v;
}
#endif

// Columns j .. j + n - 1.
static inline Carry scan(Carry carry, Operands o, uint j, uint n) {
  Element at = n < V ? element_first(o, j, n) : element(o, j);
  ElemLanes t, w, sum;
  elem ref;
  t.v = term(at);
  w.v = weight(at);
#if HELD
  const elem largest = (elem)carry.top;
  const int steady = n == V && carry.top < INFINITY && !ANY(t.v > (elem)(carry.ref + SLACK)) && !ANY(t.v != t.v);
  if (steady && !ANY(t.v > largest)) {
    sum.v = running(expv(t.v - (elem)carry.ref));
    const real all = sum.lane[V - 1];
    sum.v = (sum.v + with_lost(carry.sum, carry.lost)) * carry.factor;
    ref = largest;
    carry.sum = add_exactly(carry.sum, all, &carry.lost);
  } else if (steady) {                 // of a term and the largest before it, the smaller one is added
    ElemLanes top, factor;
    top.v = FAST_MAX(largest, highest(t.v));
    const elem before = UP1(top.v, carry.top);
    sum.v = running(expv(FAST_MIN(t.v, before) - (elem)carry.ref));
    factor.v = expv((elem)carry.ref - top.v);
    const real all = sum.lane[V - 1];
    sum.v = (sum.v + with_lost(carry.sum, carry.lost)) * factor.v;
    ref = top.v;
    carry.sum = add_exactly(carry.sum, all, &carry.lost);
    carry.top = top.lane[V - 1];
    carry.factor = factor.lane[V - 1];
  } else {
    joined(&t.v, &sum.v);
    const real all_top = t.lane[V - 1], all = sum.lane[V - 1];
    join_lanes(&t.v, &sum.v, largest, (elem)carry_sum(carry));
    ref = t.v;
    carry_add(&carry, all_top, all);
  }
#else
  const real top = reference(carry, lanes_max(t.v)), first = FAST_MAX(t.lane[NTH(0)], carry.ref);
  if (n == V && top - first <= SLACK && !ANY(t.v != t.v)) {
    carry_to(&carry, top);
    elem e = w.v * expv(t.v - top);
    sum.v = running(e);
    const real all = sum.lane[NTH(V - 1)];
    sum.v += carry_sum(carry);
    ref = (elem)top;
    carry.sum = add_exactly(carry.sum, all, &carry.lost);
  } else {
    ElemLanes own;
    own.v = sum.v = (elem)0;
    for (uint b = 0; b < V; b++) {
      const uint lane = NTH(b);
      if (lane >= n) continue;
      const real m = reference(carry, t.lane[lane]);               // a NaN is dropped here, and stays in the sum
      carry_to(&carry, m);
      carry.sum = add_exactly(carry.sum, w.lane[lane] * rescale(t.lane[lane], m), &carry.lost);
      own.lane[lane] = m;
      sum.lane[lane] = carry_sum(carry);
    }
    ref = own.v;
  }
#endif
  elem y = scanned(at, ref, sum.v);
  if (n < V) store_first(y, o.out + j, n); else store(y, o.out + j);
  return carry;
}

kernel void ENTRY(scan_item)(OPERAND_PARAMETERS ulong rows, uint cols SCALAR_PARAMETERS) {
  OPERANDS(all)
  for (ulong i = rows * WORKER / WORKERS, end = rows * (WORKER + 1) / WORKERS; i < end; i++) {
    Operands o = at_row(all, (size_t)i * cols, i);
    Carry carry = carry_empty();
    const uint tail = cols % V, whole = cols - tail;
#if BACKWARDS
    if (tail) carry = scan(carry, o, whole, tail);
    for (uint j = whole; j > 0; j -= V) carry = scan(carry, o, j - V, V);
#else
    for (uint j = 0; j < whole; j += V) carry = scan(carry, o, j, V);
    if (tail) scan(carry, o, whole, tail);
#endif
  }
}
