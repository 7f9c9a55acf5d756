/// The fast CPU path: OpenBLAS on our own threads for products, the Vector API for all else.
@NullMarked
package dev.hindsight.backend.cpu;

import org.jspecify.annotations.NullMarked;
