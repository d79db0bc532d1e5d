// row_per_item_keep: row_per_item for ops that emit from exp(x - m): the exponentials are kept in the output, x is read
// from memory once.
//   limits  ops with EMITS_FROM_EXP; cols <= KEEP * KEPT (262144); in place not for ops with PICKED, and only where NaN
//           and +inf give the same row: the search for a NaN behind a +inf finds exponentials in place of x
//   options V (16, 8, 4), KEEP, KEPT
#include "lib/item_keep.clh"
#define GEOMETRY row_per_item_keep
#include "lib/rows.clh"
