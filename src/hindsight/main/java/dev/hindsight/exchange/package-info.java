/// How the workers of one training come to the same gradient: a sum over shards in one fixed order,
/// on this machine alone, over TCP, or from GPU to GPU by NCCL.
@NullMarked
package dev.hindsight.exchange;

import org.jspecify.annotations.NullMarked;
