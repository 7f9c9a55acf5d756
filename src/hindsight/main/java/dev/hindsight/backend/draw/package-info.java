/// How whole images are drawn: what models describe, and what a backend's kernels for it do.
@NullMarked
package dev.hindsight.backend.draw;

import org.jspecify.annotations.NullMarked;
