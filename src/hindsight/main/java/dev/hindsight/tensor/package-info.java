/// Shapes, handles and lifetimes. Knows nothing of any device.
///
/// There are two lifetimes: the model (four flat tensors: values, gradients and Adam's two moments,
/// and a fifth of rounded values where activations are not fp32; matrices first, vectors after, so
/// that weight decay sees one piece) and the step. A `Scope` is bump allocated and freed at once.
/// The next scope of its label gets the same chunks in the same order, so after the first step
/// nothing is reserved and every address repeats, which is what lets a backend record a step as a
/// CUDA graph.
///
/// `Scope.floats` hands out unspecified memory and `zeros` clears: to clear all of a step would
/// cost a pass over memory, and would hide reads of values that nobody wrote, which the software
/// GPU reports.
@NullMarked
package dev.hindsight.tensor;

import org.jspecify.annotations.NullMarked;
