// top_group: a work-group walks each of its rows, PIECE * ITEMS vectors per member at a time: once for their maxima and sums; only if
// a member's maximum is larger than the smallest of the top, once more, from the cache, for what may belong to the largest. That
// is collected in local memory, in whatever order, and sorted when there is no room for more: the set is the same every time,
// and so is its order. Local size GROUP, any number of groups.
//   limits  ops with WALK TOP
//   options V (4, 8, 1), GROUP, ITEMS, PIECE, ROOM
#ifndef PIECE
#define PIECE 4
#endif
#ifndef ROOM
#define ROOM 2048u               // candidates; a power of two
#endif
#define STEP (ROOM / 2)          // columns that are collected without asking whether there is room
#include "lib/group.clh"
#include "lib/top.clh"
#if ROOM < 2 * MOST || (ROOM & (ROOM - 1))
#error "-DROOM=candidates, a power of two: the top, and as many again"
#endif

#ifdef WANTS_TOP
// The first n in order, by bitonic sorting (Batcher, "Sorting networks and their applications", AFIPS 32, 1968).
static inline void sort(local real *xs, local uint *columns, uint n) {
  uint size = 2;
  while (size < n) size *= 2;
  for (uint c = n + MEMBER; c < size; c += GROUP) {
    xs[c] = -INFINITY;
    columns[c] = UINT_MAX;    // after every -inf that is there
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (uint block = 2, distance = 1; block <= size;) {
    for (uint c = MEMBER; c < size / 2; c += GROUP) {
      const uint low = 2 * c - (c & (distance - 1)), high = low + distance;
      const real x = xs[low], y = xs[high];
      const uint p = columns[low], q = columns[high];
      const int wrong = y > x || (y == x && q < p);
      const int swap = wrong == ((low & block) == 0);
      xs[low] = swap ? y : x;
      xs[high] = swap ? x : y;
      columns[low] = swap ? q : p;
      columns[high] = swap ? p : q;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (distance > 1) {
      distance /= 2;
    } else {
      distance = block;
      block *= 2;
    }
  }
}
#endif

KERNEL void ENTRY(top_group)(OPERAND_PARAMETERS ulong rows, uint cols SCALAR_PARAMETERS) {
  SCRATCH(scratch);
  local int votes[3];            // for this piece, the next, and the one after it
#ifdef WANTS_TOP
  local real candidate_x[ROOM];
  local uint candidate_column[ROOM];
  local int filled;
  FITS_LOCAL(sizeof(scratch) + sizeof(votes) + sizeof(candidate_x) + sizeof(candidate_column) + sizeof(filled))
#endif
  OPERANDS(all)
#ifdef WANTS_TOP
  const uint k = (uint)all.top_count;
#endif
  if (MEMBER < 3) votes[MEMBER] = 0;
  uint piece = 0;
  for (ulong i = rows * WORKER / WORKERS, end = rows * (WORKER + 1) / WORKERS; i < end; i++) {
    const size_t base = (size_t)i * cols;
    const uint from = LEAD(base), to = from + cols;
    Operands o = at_row(all, base, i);
    Total total = total_of(stat_empty());
#ifdef WANTS_TOP
    uint n = 0;                  // candidates
    int full = 0;                // the first k of them are in order, and the smallest of these is `least`
    real least = -INFINITY;
    if (MEMBER == 0) filled = 0;
#endif
#ifdef HAS_RANK
    const uint m = (uint)all.chosen_count;
    real lowest = INFINITY;
    for (uint c = 0; c < m; c++) {
      real x_t = one(o.x + from + all.chosen[i * m + c]);
      lowest = x_t < lowest ? x_t : lowest;
    }
    for (uint c = MEMBER; c < m; c += GROUP) all.rank[i * m + c] = 1;
#endif
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    for (uint j = from, next; j < to; j = next, piece++) {
      next = to - (j - j % V) <= PIECE * ITEMS * STRIDE ? to : j - j % V + PIECE * ITEMS * STRIDE;
      Stat a = reduce_chunk(o, j, next, scratch);
      total_add(&total, a);
      int vote = 0;
#ifdef WANTS_TOP
      if (!full || a.m > least) vote |= 1;
#endif
#ifdef HAS_RANK
      if (a.m >= lowest) vote |= 2;
#endif
      if (vote) atomic_or(&votes[piece % 3], vote);
      barrier(CLK_LOCAL_MEM_FENCE);
      vote = votes[piece % 3];
      if (MEMBER == 0) votes[(piece + 2) % 3] = 0;       // read before this barrier, written again after the next
#ifdef WANTS_TOP
      // Barriers in a loop, not in a branch, though all members take the same: pocl 3.1 leaves such a branch's sort out.
      for (uint start = vote & 1 ? j : next; start < next; start += STEP) {
        const uint stop = next - start < STEP ? next : start + STEP;
        for (uint p = start + MEMBER; p < stop; p += GROUP) {
          const real x = one(o.x + p);
          if (full ? x > least : x == x) {
            const uint slot = (uint)atomic_inc(&filled);
            candidate_x[slot] = x;
            candidate_column[slot] = p - from;
          }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        n = (uint)filled;
        sort(candidate_x, candidate_column, n);
        full = n >= k;
        n = min(n, k);
        if (full) least = candidate_x[k - 1];
        if (MEMBER == 0) filled = (int)n;
        barrier(CLK_LOCAL_MEM_FENCE);
      }
#endif
#ifdef HAS_RANK
      if (vote & 2)
        for (uint c = 0; c < m; c++) {
          const uint t = from + (uint)all.chosen[i * m + c];
          const real x_t = one(o.x + t);
          int count = 0;
          for (uint p = j + MEMBER; p < next; p += GROUP) count += before(o, p, x_t, t);
          if (count) atomic_add(&all.rank[i * m + c], count);
        }
#endif
    }
    Stat a = total_stat(total);
    if (in_doubt(a)) a = clarify_own(a, o, from, to);
    a = with_rest(merge_members(a, scratch), o, from, to, scratch);
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    if (MEMBER == 0) write_statistics(all, i, a);
#ifdef HAS_CHOSEN
    for (uint c = MEMBER; c < (uint)all.chosen_count; c += GROUP) write_chosen(all, o, i, c, from, a);
#endif
#ifdef WANTS_TOP
    for (uint c = MEMBER; c < k; c += GROUP) write_top(all, i, c, c < n ? candidate_x[c] : (real)NAN, c < n ? candidate_column[c] : 0, a);
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
  }
}
