// split_row_item: a row split in `segs` segments, a work-item each (CPU devices, few long rows). Local size 1, rows * segs items.
//   limits  rows * segs < 2^32; in place not for ops with PICKED
//   options V (16, 8, 4), BLOCK, EMIT_BLOCK, CHUNK, PREFETCH, STREAM
#define SEGMENTS
#include "lib/item.clh"
#define GEOMETRY split_row_item
#include "lib/split.clh"
