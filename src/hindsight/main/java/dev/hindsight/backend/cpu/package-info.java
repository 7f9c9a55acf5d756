/// The fast CPU path: oneDNN on our own threads for products, the Vector API for all else.
///
/// A job is cut into shares whose sizes follow from the shapes alone. A pool of one thread a core
/// takes them in turn, and sums of shares are added in order: the number of threads changes no
/// bits. oneDNN runs in the thread that calls it, since a second pool would spin against ours.
///
/// Loops and sums are floats. An op works on the numbers of a tensor where they are, or, in bf16,
/// on a block of them that [dev.hindsight.backend.cpu.product.Matrix] copies to and from a thread's
/// own memory; it also has the products, of which those of bf16 read what is in memory. So an op
/// has one source for both. A CPU without AMX and AVX512-BF16 refuses bf16.
///
/// An op that can overwrites a fresh [dev.hindsight.tensor.Gradient]; the others have
/// [dev.hindsight.backend.cpu.core.Engine#begun] clear it first.
///
/// Rooms, of which each uses those before it: machine, loops, product, core, linear, conv; and
/// attention, lstm and pointwise, which use those up to core.
@NullMarked
package dev.hindsight.backend.cpu;

import org.jspecify.annotations.NullMarked;
