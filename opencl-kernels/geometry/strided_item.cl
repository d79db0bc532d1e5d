// strided_item: each work-item walks tiles of rows whose elements lie `inner` apart, adjacent rows in adjacent lanes (CPU devices):
// the class axis of a tensor [N, C, H, W]. Local size 1, any global size. A column of a tile is up to TILE * V elements that lie
// one behind another. Where inner < V, a vector holds several columns of the same rows, which meet after the reduction.
//   bytes   what term() reads, and then what emit() reads and writes; the second read is from the caches where a tile fits there
//   limits  none
//   options V (16, 8, 4), TILE 4, STEP 4, STREAM; the host adds LANES_ARE_ROWS
#ifndef LANES_ARE_ROWS
#error "strided_item needs -DLANES_ARE_ROWS"
#endif
#ifndef TILE
#define TILE 4                   // vectors of rows side by side
#endif
#ifndef STEP
#define STEP 4                   // vectors of columns reduced at a time
#endif

// `live` rows share a vector, `across` columns of each: lane b has row b % live. Element j of the first row lies at j * inner.
typedef struct { uint cols, inner, live, across; } Layout;
#define EACH_LANE(b, r, live) for (uint b = 0, r = 0; b < V; b++, r = r + 1 < (live) ? r + 1 : 0)
#define PLACE(l, j, r) ((size_t)(j) * (l).inner + (r))
#define ALIGNED 0
#include "lib/row.clh"

// How many lanes of the vector at column j there are. One that holds several columns is read in full: what follows its last whole
// column is the work-item's own, and not written over yet.
static inline uint lanes_at(Layout l, uint j) {
  return j >= l.cols ? 0 : l.across == 1 ? l.live : (uint)min((ulong)V, (ulong)(l.cols - j) * l.inner);
}
static inline Element element_at(Operands o, Layout l, uint j) {
  const uint n = lanes_at(l, j);
  const size_t p = PLACE(l, j, 0);
  Element at;
#define BY_ELEMENT(kind, name) at.name = n == V ? kind##_load(o.name + p) : n == 0 ? kind##_PADDING : kind##_first(o.name + p, n);
#define BY_COLUMN(kind, name)  at.name = kind##_across(o.name, j, l.cols, l.live, l.across);
  FILL(n == V ? (elem)1 : ones_part(0, 0, n))
  return at;
}

#include "lib/running.clh"

#ifdef HAS_MATRIX_OUT
static inline void emit_at(Operands o, Row row, Layout l, uint j) {
  elem v = result(element_at(o, l, j), row);
#ifdef PATCH_AT
  MaskLanes column;
  for (uint b = 0; b < V; b++) column.lane[b] = j + (l.across == 1 ? 0 : b / l.live);
  v = row.PATCH_AT == column.v ? patch(v, row) : v;
#endif
  const uint n = min(lanes_at(l, j), l.live * l.across);
  global data_t *p = o.out + (size_t)j * l.inner;
  if (n == V && l.inner % V == 0 && (ulong)p % sizeof(stored) == 0) write(v, p);
  else if (n == V) store(v, p);
  else store_first(v, p, n);
}
#endif

kernel void ENTRY(strided_item)(OPERAND_PARAMETERS ulong rows, uint cols, uint inner SCALAR_PARAMETERS) {
  OPERANDS(all)
  const uint across = inner < V ? V / inner : 1;
  const ulong outer = rows / inner, vectors = (inner + V - 1) / V, width = (vectors + TILE - 1) / TILE, tiles = outer * width;
  for (ulong tile = tiles * get_global_id(0) / get_global_size(0), end = tiles * (get_global_id(0) + 1) / get_global_size(0);
       tile < end; tile++) {
    const uint first = tile % width * TILE, n = (uint)min((ulong)TILE, vectors - first);
    const size_t i = tile / width * inner, base = i * cols;
    Operands o[TILE];
    Layout l[TILE];
    Row row[TILE];
    for (uint v = 0; v < n; v++) {
      const uint k = (first + v) * V;
      o[v] = at_row(all, base + k, i + k);
      l[v].cols = cols;
      l[v].inner = inner;
      l[v].live = min(inner - k, (uint)V);
      l[v].across = across;
      read_row(&row[v], o[v], l[v]);
    }
#if REDUCTION != NONE
    Running a[TILE];
    for (uint v = 0; v < n; v++) a[v] = running_empty();
    for (uint j = 0; j < cols; j += min(STEP * across, cols - j))
      for (uint v = 0; v < n; v++) absorb_step(&a[v], o[v], l[v], j);
    for (uint v = 0; v < n; v++) set_stats(&row[v], a[v], o[v], l[v]);
#endif
    for (uint v = 0; v < n; v++) {
      row_values(&row[v]);
      write_row(o[v], row[v], l[v]);
    }
#ifdef HAS_MATRIX_OUT
    for (uint j = 0; j < cols; j += min(across, cols - j))
      for (uint v = 0; v < n; v++) emit_at(o[v], row[v], l[v], j);
#endif
  }
}
