// row_per_item_keep: row_per_item for ops that emit from exp(x - m): the exponentials are kept until the row's sum is known, so
// that each is computed once and x is read from memory once.
//   limits  ops with EMITS_FROM_EXP; cols <= KEEP (131072); in place not for ops with PICKED, and only where NaN and +inf
//           give the same row: the search for a NaN behind a +inf finds exponentials in place of x
//   options V (16, 8, 4), KEEP, BLOCK, PREFETCH
#ifndef KEEP
#define KEEP 131072
#endif
#include "lib/item.clh"
#define GEOMETRY row_per_item_keep
#include "lib/rows.clh"
