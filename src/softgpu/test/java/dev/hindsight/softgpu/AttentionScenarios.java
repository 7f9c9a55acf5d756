package dev.hindsight.softgpu;

import dev.hindsight.softgpu.base.Dim3;
import java.util.List;

/// Launches of the attention kernels through which heads stream by, whose sizes fit no tile.
final class AttentionScenarios {
  private AttentionScenarios() {}

  /// Heads that stream by. Three blocks of queries, the last of which begins before the sequence,
  /// and six tiles of keys, the last cut short.
  static float[] streamed(TestDevice device, String kernel) {
    int length = 330;
    long y = device.memory().allocate(64L * length, "y");
    long lse = device.memory().allocate(4L * length, "lse");
    long qkv = device.bf16("qkv", ShippedKernel.numbers(length * 3 * 32, 1));
    device.launch(kernel, new Dim3(3), new Dim3(256), qkv, y, lse, 1, length, 1, 32);
    return ShippedKernel.join(device.bf16(y, length * 32), device.floats(lse, length));
  }

  static float[] dq(TestDevice device, String kernel) {
    int length = 200;
    long dqkv = device.bf16("dqkv", ShippedKernel.numbers(length * 3 * 32, 4));
    long delta = device.memory().allocate(4L * length, "delta");
    long lse = device.floats("lse", ShippedKernel.numbers(length, 3));
    long y = device.bf16("y", ShippedKernel.numbers(length * 32, 5));
    long dy = device.bf16("dy", ShippedKernel.numbers(length * 32, 2));
    long qkv = device.bf16("qkv", ShippedKernel.numbers(length * 3 * 32, 1));
    device.launch(
        kernel, new Dim3(4), new Dim3(128), qkv, y, lse, dy, delta, dqkv, 0, 1, length, 1, 32);
    return ShippedKernel.join(device.bf16(dqkv, length * 3 * 32), device.floats(delta, length));
  }

  static float[] dkv(TestDevice device, String kernel) {
    int length = 200;
    long dqkv = device.bf16("dqkv", ShippedKernel.numbers(length * 3 * 32, 4));
    long delta = device.floats("delta", ShippedKernel.numbers(length, 6));
    long dy = device.bf16("dy", ShippedKernel.numbers(length * 32, 2));
    long qkv = device.bf16("qkv", ShippedKernel.numbers(length * 3 * 32, 1));
    long lse =
        device.floats(
            "lse", ShippedKernel.numbers(length, 3)); // the last, so that nothing lies behind it
    device.launch(
        kernel, new Dim3(4), new Dim3(128), qkv, lse, dy, delta, dqkv, 0, 1, length, 1, 32);
    return device.bf16(dqkv, length * 3 * 32);
  }

  /// Two tiles of keys and seven of queries, the last of each cut short.
  static float[] byHead(TestDevice device, String kernel) {
    int length = 200;
    long dqkv = device.bf16("dqkv", ShippedKernel.numbers(length * 3 * 32, 4));
    long delta = device.memory().allocate(4L * length, "delta");
    long y = device.bf16("y", ShippedKernel.numbers(length * 32, 5));
    long dy = device.bf16("dy", ShippedKernel.numbers(length * 32, 2));
    long qkv = device.bf16("qkv", ShippedKernel.numbers(length * 3 * 32, 1));
    long lse =
        device.floats(
            "lse", ShippedKernel.numbers(length, 3)); // the last, so that nothing lies behind it
    device.launch(
        kernel,
        new Dim3(1),
        new Dim3(128),
        2 * (64 * 64 + 64 * 4) + 2 * 128 * 64 + 3 * 32 * 32 * 4,
        false,
        List.of(qkv, y, lse, dy, delta, dqkv, 0, 1, length, 1, 32));
    return ShippedKernel.join(device.bf16(dqkv, length * 3 * 32), device.floats(delta, length));
  }
}
