/// The software GPU: runs the PTX of unmodified JCuda programs on the CPU and checks every access.
/// [Run] is its front door.
///
/// Its packages are layers, each of which uses those above it in this list:
/// - `base`: what all speak of. Extents, device memory, options and checks, counts of a launch.
/// - `ptx`: the text of a module as instructions and variables.
/// - `check`: findings, where they stand and how they read.
/// - `exec`: registers of 32 lanes, ops that act on them, blocks, barriers, counters.
/// - `decode`: instructions become ops.
/// - `device`: one simulated device, its modules and launches.
/// - `driver`: the CUDA driver under JCuda, which has one such device.
@NullMarked
package dev.hindsight.softgpu;

import org.jspecify.annotations.NullMarked;
