package dev.hindsight.backend.cpu;

import static dev.hindsight.backend.cpu.VectorMath.STEP;
import static dev.hindsight.backend.cpu.VectorMath.constant;
import static dev.hindsight.backend.cpu.VectorMath.load;
import static dev.hindsight.backend.cpu.VectorMath.rest;
import static dev.hindsight.backend.cpu.VectorMath.store;
import static dev.hindsight.backend.cpu.VectorMath.whole;

import jdk.incubator.vector.FloatVector;

/// On whole vectors; what is left over at the end goes to [ScalarLayerNorm].
final class VectorLayerNorm implements LayerNormLoops {
  private static final ScalarLayerNorm REST = new ScalarLayerNorm();

  @Override
  public float sum(long x, long count) {
    long end = whole(count);
    FloatVector sum = constant(0);
    for (long o = 0; o < end; o += STEP) {
      sum = sum.add(load(x + o));
    }
    return VectorMath.sum(sum) + REST.sum(x + end, rest(count));
  }

  @Override
  public float squaredDistance(long x, float mean, long count) {
    long end = whole(count);
    FloatVector centre = constant(mean);
    FloatVector sum = constant(0);
    for (long o = 0; o < end; o += STEP) {
      FloatVector distance = load(x + o).sub(centre);
      sum = distance.fma(distance, sum);
    }
    return VectorMath.sum(sum) + REST.squaredDistance(x + end, mean, rest(count));
  }

  @Override
  public void normalize(long x, float mean, float rstd, long gain, long bias, long y, long count) {
    long end = whole(count);
    FloatVector centre = constant(mean);
    FloatVector scale = constant(rstd);
    for (long o = 0; o < end; o += STEP) {
      FloatVector normal = load(x + o).sub(centre).mul(scale);
      store(normal.fma(load(gain + o), load(bias + o)), y + o);
    }
    REST.normalize(x + end, mean, rstd, gain + end, bias + end, y + end, rest(count));
  }

  @Override
  public float slopeAlong(long x, float mean, long gain, long dy, long count) {
    long end = whole(count);
    FloatVector centre = constant(mean);
    FloatVector sum = constant(0);
    for (long o = 0; o < end; o += STEP) {
      FloatVector slope = load(gain + o).mul(load(dy + o));
      sum = load(x + o).sub(centre).fma(slope, sum);
    }
    return VectorMath.sum(sum) + REST.slopeAlong(x + end, mean, gain + end, dy + end, rest(count));
  }

  @Override
  public void addGains(
      long x, float mean, float rstd, long dy, long dgain, long dbias, long count) {
    long end = whole(count);
    FloatVector centre = constant(mean);
    FloatVector scale = constant(rstd);
    for (long o = 0; o < end; o += STEP) {
      FloatVector up = load(dy + o);
      FloatVector normal = load(x + o).sub(centre).mul(scale);
      store(normal.fma(up, load(dgain + o)), dgain + o);
      store(up.add(load(dbias + o)), dbias + o);
    }
    REST.addGains(x + end, mean, rstd, dy + end, dgain + end, dbias + end, rest(count));
  }

  @Override
  public void backward(
      long x,
      float mean,
      float rstd,
      long gain,
      long dy,
      float shift,
      float stretch,
      long dx,
      long count) {
    long end = whole(count);
    FloatVector centre = constant(mean);
    FloatVector scale = constant(rstd);
    FloatVector down = constant(-shift);
    FloatVector pull = constant(-stretch);
    for (long o = 0; o < end; o += STEP) {
      FloatVector slope = load(gain + o).mul(scale);
      FloatVector offset = load(x + o).sub(centre).fma(pull, down);
      store(slope.fma(load(dy + o), offset).add(load(dx + o)), dx + o);
    }
    REST.backward(x + end, mean, rstd, gain + end, dy + end, shift, stretch, dx + end, rest(count));
  }
}
