/// The fast CPU path: oneDNN on our own threads for products, the Vector API for all else.
///
/// A job is cut into shares whose sizes follow from the shapes alone. `Workers`, a pool of one
/// thread a core, takes them in turn, and sums of shares are added in order: the number of threads
/// changes no bits. oneDNN runs in the thread that calls it, since a second pool would spin against
/// ours.
///
/// - oneDNN copies both factors of a product into an order of its own, and is at its full speed
///   from some hundred rows on, but where the second factor has to be turned for few rows. So a
///   weight is turned once an op, not once a tile; `CpuMaskedLinear`, whose weights are used once,
///   turns the batch instead; and an LSTM in bf16 packs them once for all its steps
///   (`PackedWeights`). `TallLinear` does to a block of rows all there is to do while it is in the
///   cache; `LinearTiles`, `ShallowLinear` and `Panels` serve the others.
/// - `AttentionTiles` keeps one tile of scores, transposed, so that a vector holds 16 queries and
///   nothing is summed across its lanes. The largest score and the sum go on from tile to tile.
/// - Loops and sums are floats. An op works on the numbers of a tensor where they are, or, in bf16,
///   on a block of them that [Stored] copies to and from a thread's own memory; it also has the
///   products, of which those of bf16 read what is in memory. So an op has one source for both. A
///   CPU without AMX and AVX512-BF16 refuses bf16, but for `-Dhindsight.cpu.bf16=emulated`.
/// - An op that can overwrites a fresh [dev.hindsight.tensor.Gradient]; the others have
///   [Engine#begun] clear it first.
/// - A loop over vectors must be compiled on its own: inlined into a large caller, C2 runs out of
///   nodes and makes an object of every vector. `OwnLoops` tells it so, `WarmUp` has the loops of
///   an op compiled before it first runs, and `CpuHeapTest` counts objects.
@NullMarked
package dev.hindsight.backend.cpu;

import org.jspecify.annotations.NullMarked;
