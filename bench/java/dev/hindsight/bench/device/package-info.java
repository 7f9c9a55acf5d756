/// Ops timed on the device: events of the driver around a graph of launches, beside what the same
/// device reached a moment before at best.
///
/// On the software GPU all of it runs, and its times mean nothing. [SoftGpuCommand] times that one
/// itself: how long its checks take.
@NullMarked
package dev.hindsight.bench.device;

import org.jspecify.annotations.NullMarked;
