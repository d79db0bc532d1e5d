// row_per_group_online: a work-group walks each of its rows twice, to reduce and to emit (rows too long for the registers).
// Local size GROUP, any number of groups.
//   limits  in place not for ops with PICKED
//   options V (4, 8, 1), GROUP, ITEMS, CHUNK
#include "lib/group.clh"
#define GEOMETRY row_per_group_online
#include "lib/rows.clh"
