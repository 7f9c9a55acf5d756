/// Findings: what a kernel did wrong, at which instruction, and how a report reads. Nothing here
/// executes; who reports passes numbers of block, warp, lane and op.
@NullMarked
package dev.hindsight.softgpu.check;

import org.jspecify.annotations.NullMarked;
