// split_row_group: a row split in `segs` segments, a work-group each (few long rows). Local size GROUP, rows * segs groups.
//   bytes   as online; the second kernel begins at the end of the matrix, which the L2 cache holds
//   limits  rows * segs < 2^31; in place not for ops with PICKED
//   options V (4, 8, 1), GROUP, ITEMS, CHUNK
#define SEGMENTS
#include "lib/group.clh"
#define GEOMETRY split_row_group
#include "lib/split.clh"
