// strided_group: a work-group takes up to TILE adjacent rows whose elements lie `inner` apart, and as many columns of them at a time
// as its members allow; adjacent members have adjacent rows, and where inner < TILE, the columns that follow: adjacent elements. Local
// size GROUP, any number of groups, best outer * ceil(inner / TILE).
//   bytes   what term() reads, and then what emit() reads and writes
//   limits  V = 1, TILE <= GROUP
//   options GROUP, TILE 32 (rows: a whole cache line), ITEMS 4, CHUNK 512
#ifndef GROUP
#define GROUP 64
#endif
#define ALIGNED 0
#include "lib/row.clh"
#if V != 1
#error "strided_group needs -DV=1"
#endif
#ifndef TILE
#define TILE 32
#endif
#ifndef ITEMS
#define ITEMS 4
#endif
#ifndef CHUNK
#define CHUNK 512                // columns that a member adds up before it folds: no float adds more than CHUNK / 4 terms
#endif

// Column j of the row that o points at.
static inline Element element_at(Operands o, uint j, uint inner) {
  const size_t p = (size_t)j * inner;
  Element at;
#define BY_ELEMENT(kind, name) at.name = kind##_load(o.name + p);
#define BY_COLUMN(kind, name)  at.name = kind##_load(o.name + j);
  FILL((elem)1)
  return at;
}

#if REDUCTION != NONE
// Columns from, from + step .. below `to`, by one member.
static inline Stat reduce_member(Operands o, uint from, uint to, uint step, uint inner) {
  Total total = total_of(stat_empty());
  while (from < to) {
    const uint end = to - from > (ulong)CHUNK * step ? from + CHUNK * step : to;
    Lanes lanes = lanes_empty();
#ifdef ARGMAX
    real best = LOWEST;
    uint best_at = from;
#endif
    for (uint j = from; j < end; j += min(ITEMS * step, end - j)) {
      Element at[ITEMS];         // loads first
      elem t[ITEMS];
      #pragma unroll
      for (uint b = 0; b < ITEMS; b++) at[b] = element_at(o, b * step < end - j ? j + b * step : j, inner);
      #pragma unroll
      for (uint b = 0; b < ITEMS; b++) t[b] = term(at[b] = pad(at[b], b * step < end - j));
#ifdef ARGMAX
      #pragma unroll
      for (uint b = 0; b < ITEMS; b++) if (t[b] > best) {
        best = t[b];
        best_at = j + b * step;
      }
#endif
      absorb(&lanes, t, at, ITEMS);
    }
    Stat a = fold(lanes);
#ifdef ARGMAX
    a.argmax = best_at;
#endif
    if (in_doubt(a)) for (uint j = from; j < end; j += min(step, end - j)) a = clarify(a, term(element_at(o, j, inner)));
    total_add(&total, a);
    from = end;
  }
  return total_stat(total);
}
// The Stat of the members that share a row, in the seat of the first of them: members lie `width` apart. A tree of fixed shape.
static inline void merge_seats(local Stat *seats, uint x, uint y, uint width, uint across) {
  uint step = 1;
  while (step < across) step *= 2;
  for (step /= 2; step > 0; step /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (y < step && y + step < across) {
      Total total = total_of(seats[y * width + x]);
      total_add(&total, seats[(y + step) * width + x]);
      seats[y * width + x] = total_stat(total);
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
}
#endif

#ifdef WANTS_REST
// The sum of what the members that share a row have, to all of them.
static inline real add_seats(local real *seats, real own, uint x, uint width, uint across) {
  real sum = 0;
  barrier(CLK_LOCAL_MEM_FENCE);                        // of an earlier sum
  seats[get_local_id(0)] = own;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (uint other = 0; other < across; other++) sum += seats[other * width + x];
  return sum;
}
#endif

kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void ENTRY(strided_group)(OPERAND_PARAMETERS ulong rows, uint cols, uint inner SCALAR_PARAMETERS) {
  OPERANDS(all)
#if REDUCTION != NONE
  local Stat seats[GROUP];
#ifdef WANTS_REST
  local real rests[GROUP];
  FITS_LOCAL(sizeof(seats) + sizeof(rests))
#else
  FITS_LOCAL(sizeof(seats))
#endif
#endif
  // Tiles of nearly the same width: 49 rows are 25 and 24, not 32 and 17.
  const uint per_outer = (inner - 1) / TILE + 1, width = (inner - 1) / per_outer + 1, across = GROUP / width;
  const uint x = get_local_id(0) % width, y = get_local_id(0) / width;
  const ulong tiles = rows / inner * per_outer;
  for (ulong tile = get_group_id(0); tile < tiles; tile += get_num_groups(0)) {
    const uint k = tile % per_outer * width + x;
    const int mine = y < across && k < inner;          // members without a row come along to the barriers
    const size_t i = tile / per_outer * inner + (mine ? k : 0), base = tile / per_outer * inner * cols + (mine ? k : 0);
    const Operands o = at_row(all, base, i);
    const Layout l = {0, cols, inner};
    Row row;
    read_row(&row, o, l);
#if REDUCTION != NONE
    seats[get_local_id(0)] = reduce_member(o, mine ? y : cols, cols, across, inner);
    merge_seats(seats, x, y, width, across);
    Stat a = seats[x];
#ifdef WANTS_REST
    const int dominated = is_dominated(a, cols);
    real others = 0, lost = 0, beside = 0, beside_lost = 0;
    if (dominated)
      for (uint j = mine ? y : cols; j < cols; j += min(across, cols - j)) {
        real sum = 0, second = 0;
        add_others(&sum, &second, element_at(o, j, inner), a.m);
        others = add_exactly(others, sum, &lost);
        beside = add_exactly(beside, second, &beside_lost);
      }
    others = add_seats(rests, others + lost, x, width, across);
#ifdef HAS_BESIDE
    beside = add_seats(rests, beside + beside_lost, x, width, across);
#endif
    a = set_rest(a, dominated, others, beside);
#endif
    set_stat(&row, a, 0);
#endif
    row_values(&row);
    if (mine && y == 0) write_row(o, row, l);
    barrier(CLK_LOCAL_MEM_FENCE);                      // the seats are read, and what PICKED names is, before it is written
#ifdef HAS_MATRIX_OUT
    for (uint j = mine ? y : cols; j < cols; j += min(ITEMS * across, cols - j)) {
      Element at[ITEMS];
      elem v[ITEMS];
      #pragma unroll
      for (uint b = 0; b < ITEMS; b++) at[b] = element_at(o, b * across < cols - j ? j + b * across : j, inner);
      #pragma unroll
      for (uint b = 0; b < ITEMS; b++) v[b] = patched(result(at[b], row), j + b * across, row);
      #pragma unroll
      for (uint b = 0; b < ITEMS; b++) if (b * across < cols - j) store(v[b], o.out + (size_t)(j + b * across) * inner);
    }
#endif
  }
}
