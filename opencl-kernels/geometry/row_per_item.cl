// row_per_item: each work-item walks a range of whole rows (CPU devices). Local size 1, any global size.
//   limits  none
//   options V (16, 8, 4), BLOCK, EMIT_BLOCK, CHUNK, PREFETCH, STREAM
#include "lib/item.clh"
#define GEOMETRY row_per_item
#include "lib/rows.clh"
