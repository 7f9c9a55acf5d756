package dev.hindsight.backend.cpu.loops;

import dev.hindsight.backend.Mixture;
import dev.hindsight.backend.cpu.machine.Native;

/// Some pixels of a mixture of logistics in a thread's memory: where everything about them is.
///
/// A row has a number for each pixel, so that what is done to all components of all channels is one
/// loop over whole vectors, and sums over components stay in their lanes. Numbers are in half bins:
/// level v is n = 2v - top, and a bin reaches from n - 1 to n + 1.
///
/// @param pixels a multiple of every vector's length; the last may stand for none
public record MixtureBlock(Mixture mixture, int pixels, long base) {
  /// What [#terms] counts that each has an array of.
  private static final int ARRAYS = 7;

  /// Floats of a block.
  public static long size(Mixture mixture, int pixels) {
    int terms = mixture.channels() * mixture.components();
    int softmaxes = 2 * (mixture.components() + 3);
    int pairs = mixture.pairs() * mixture.components();
    return (long) pixels * (2 * mixture.outputs() + ARRAYS * terms + pairs + softmaxes);
  }

  /// Terms: a component of a channel of a pixel each.
  public int terms() {
    return mixture.channels() * componentTerms();
  }

  /// Those of one channel.
  public int componentTerms() {
    return mixture.components() * pixels;
  }

  private long row(int index) {
    return Native.at(base, (long) index * pixels);
  }

  /// A row for each of a pixel's outputs, as [Mixture] orders them.
  public long outputs() {
    return base;
  }

  public long means() {
    return row(mixture.mean(0));
  }

  public long logScales() {
    return row(mixture.logScale(0));
  }

  /// Their gradients.
  public long gradients() {
    return row(mixture.outputs());
  }

  /// Of an output's row, that of its gradient.
  public long gradient(int output) {
    return row(mixture.outputs() + output);
  }

  private long array(int index) {
    return Native.at(row(2 * mixture.outputs()), (long) index * terms());
  }

  /// n, the same for all components.
  public long numbers() {
    return array(0);
  }

  /// z = n - μ, later dlogP/dz.
  public long places() {
    return array(1);
  }

  /// r, by which a half bin is divided by the scale.
  public long rates() {
    return array(2);
  }

  /// e^-|a|, a = (z + 1)·r, later dlogP/da.
  public long above() {
    return array(3);
  }

  /// e^-|b|, b = (z - 1)·r, later -dlogP/db.
  public long below() {
    return array(4);
  }

  /// e^-(a - b), later dlogP by the log scale.
  public long widths() {
    return array(5);
  }

  /// log P
  public long masses() {
    return array(6);
  }

  /// A channel's part of such an array.
  public long ofChannel(long array, int channel) {
    return Native.at(array, (long) channel * componentTerms());
  }

  /// The tanh of all coefficients.
  public long tanhs() {
    return array(ARRAYS);
  }

  /// That of a channel and one before it.
  public long tanh(int channel, int before) {
    int pair = mixture.coefficient(channel, before) - mixture.coefficient(1, 0);
    return Native.at(tanhs(), (long) pair * pixels);
  }

  /// Exponentials of the logits, and behind them three rows of their softmax.
  public long prior() {
    return Native.at(tanhs(), (long) mixture.pairs() * componentTerms());
  }

  /// The same of logits + log P of all channels.
  public long joint() {
    return Native.at(prior(), componentTerms() + 3L * pixels);
  }

  /// The largest exponents of a softmax.
  public long largest(long softmax) {
    return Native.at(softmax, componentTerms());
  }

  /// Their sums.
  public long sums(long softmax) {
    return Native.at(softmax, componentTerms() + (long) pixels);
  }

  /// Room that a softmax takes.
  public long falls(long softmax) {
    return Native.at(softmax, componentTerms() + 2L * pixels);
  }
}
