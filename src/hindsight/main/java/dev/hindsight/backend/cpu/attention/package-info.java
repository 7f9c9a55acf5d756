/// Fused attention. `AttentionTiles` keeps one tile of scores, transposed, so that a vector holds
/// 16 queries and nothing is summed across its lanes. The largest score and the sum go on from tile
/// to tile.
@NullMarked
package dev.hindsight.backend.cpu.attention;

import org.jspecify.annotations.NullMarked;
