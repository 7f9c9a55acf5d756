/// The executors of a Spark cluster as workers. Spark places them, finds out when one is lost and
/// carries data and results; gradients go from worker to worker by an
/// [dev.hindsight.exchange.Exchange]. The driver alone writes the run folder.
@NullMarked
package dev.hindsight.spark;

import org.jspecify.annotations.NullMarked;
