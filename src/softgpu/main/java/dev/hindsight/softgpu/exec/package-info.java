/// The interpreter: 32 lanes a warp, one [Op] a PTX instruction. What an instruction does was
/// settled when it was decoded.
///
/// Accesses go through [GlobalSpace], [SharedMemory] and [Access], where they are checked and
/// counted. Lanes that branch apart are [Groups] of a warp; they meet again in [Collectives] and
/// [Barriers]. [BlockScheduler] runs the blocks of a launch.
@NullMarked
package dev.hindsight.softgpu.exec;

import org.jspecify.annotations.NullMarked;
