// row_per_group_online: a work-group walks each of its rows twice, to reduce and, backwards, to emit (rows too long for the
// registers). Local size GROUP, any number of groups.
//   bytes   what term() reads, and then what emit() reads and writes: log_softmax_forward 3*rows*cols*sizeof(data_t). The second
//           read finds in the L2 cache what that still holds: all of it while the rows at work (groups that run at once, times
//           cols*sizeof(data_t)) fit, else their ends, which is where it begins
//   limits  in place not for ops with PICKED
//   options V (4, 8, 1), GROUP, ITEMS, CHUNK
#include "lib/group.clh"
#define GEOMETRY row_per_group_online
#include "lib/rows.clh"
