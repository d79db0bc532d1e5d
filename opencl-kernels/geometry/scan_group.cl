// scan_group: a work-group scans each of its rows, GROUP vectors at a time: each member its own vector, then the members' sums in local
// memory by log2(GROUP) steps (Hillis and Steele, "Data parallel algorithms", CACM 29, 1986), then each member adds what came before
// it. Local size GROUP, any number of groups.
//   limits  ops with WALK SCAN
//   options V (4, 8, 1), GROUP
#include "lib/group.clh"
#include "lib/scan.clh"
#if BACKWARDS
#define RANK (GROUP - 1 - MEMBER)
#else
#define RANK MEMBER
#endif

KERNEL void ENTRY(scan_group)(OPERAND_PARAMETERS ulong rows, uint cols SCALAR_PARAMETERS) {
  local real refs[2 * GROUP], sums[2 * GROUP];
  FITS_LOCAL(sizeof(refs) + sizeof(sums))
  OPERANDS(all)
  for (ulong i = rows * WORKER / WORKERS, end = rows * (WORKER + 1) / WORKERS; i < end; i++) {
    size_t base = (size_t)i * cols;
    const uint from = LEAD(base), to = from + cols;
    const uint steps = (to + STRIDE - 1) / STRIDE;
    Operands o = at_row(all, base, i);
    Carry carry = carry_empty();
    for (uint step = 0; step < steps; step++) {
      const uint j = (BACKWARDS ? steps - 1 - step : step) * STRIDE + MEMBER * V;
      const int whole = INSIDE(j, from, to);
      Element at = whole ? element(o, j) : element_part(o, j, from, to);
      ElemLanes t, w, ref, sum;
      t.v = term(at);
      w.v = weight(at);
      if (!whole) {
        #pragma unroll
        for (uint b = 0; b < V; b++)
          if (j + b < from || j + b >= to) {
            t.lane[b] = NEUTRAL;
            w.lane[b] = 0;
          }
      }
      scan_lanes(&ref, &sum, t, w);
      // Of all members up to this one; two halves of the memory take turns.
      real m = ref.lane[NTH(V - 1)], s = sum.lane[NTH(V - 1)];
      uint half_at = 0;
      refs[RANK] = m;
      sums[RANK] = s;
      barrier(CLK_LOCAL_MEM_FENCE);
      for (uint distance = 1; distance < GROUP; distance *= 2) {
        if (RANK >= distance) {
          real m2 = refs[half_at + RANK - distance], s2 = sums[half_at + RANK - distance];
          join(&m, &s, m2, s2);
        }
        half_at = GROUP - half_at;
        refs[half_at + RANK] = m;
        sums[half_at + RANK] = s;
        barrier(CLK_LOCAL_MEM_FENCE);
      }
      real before = carry_ref(carry), before_sum = carry_sum(carry);
      if (RANK > 0) join(&before, &before_sum, refs[half_at + RANK - 1], sums[half_at + RANK - 1]);
      #pragma unroll
      for (uint b = 0; b < V; b++) join(&ref.lane[b], &sum.lane[b], before, before_sum);
      carry_add(&carry, refs[half_at + GROUP - 1], sums[half_at + GROUP - 1]);
      elem y = scanned(at, ref.v, sum.v);
      if (whole) store(y, o.out + j); else store_part(y, o.out, j, from, to);
      barrier(CLK_LOCAL_MEM_FENCE);
    }
  }
}
