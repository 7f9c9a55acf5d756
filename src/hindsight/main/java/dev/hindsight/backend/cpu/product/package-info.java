/// Matrices and their products: how numbers of fp32 and bf16 lie in memory, and oneDNN, which
/// multiplies them.
///
/// oneDNN copies both factors of a product into an order of its own, and is at its full speed from
/// some hundred rows on, but where the second factor has to be turned for few rows. So a weight is
/// turned once an op, not once a tile, and what multiplies few rows again and again is packed once
/// (`PackedWeights`).
@NullMarked
package dev.hindsight.backend.cpu.product;

import org.jspecify.annotations.NullMarked;
