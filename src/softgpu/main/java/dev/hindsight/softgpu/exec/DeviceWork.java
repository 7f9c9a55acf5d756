package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Shape;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;

/// What a kernel asks for behind itself: a launch, in its two steps, room for parameters and the
/// launch, a copy or a memset. Threads come in the order of their numbers, so that the order of all
/// that does not depend on who is faster.
public final class DeviceWork extends Op {
  private static final int MOST_THREADS = 1024;
  private static final int MOST_ALONG_Z = 64;
  private static final int INVALID_VALUE = 1;

  /// What is asked for.
  public enum Asked {
    PREPARE,
    LAUNCH,
    COPY,
    FILL
  }

  private final Asked asked;
  private final int[] arguments;
  private final int[] results;

  /// @param arguments places in the local memory of a lane: kernel, grid, block and shared bytes;
  ///   the room and a stream; or as `cudaMemcpyAsync` and `cudaMemsetAsync` have them
  public DeviceWork(Asked asked, int[] arguments, int[] results) {
    this.asked = asked;
    this.arguments = arguments.clone();
    this.results = results.clone();
  }

  @Override
  public void exec(Warp w, int mask) {
    w.block.awaitTurn();
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long answer = one(w, lane, w.block.launch.children);
      for (int result : results) {
        w.setLocalBytes(lane, result, asked == Asked.PREPARE ? 8 : 4, answer);
      }
    }
  }

  private long one(Warp w, int lane, Children children) {
    long first = at(w, lane, 0);
    switch (asked) {
      case PREPARE -> {
        return prepare(w, lane, first);
      }
      case LAUNCH -> {
        return children.launch(first, at(w, lane, 1)) ? 0 : INVALID_VALUE;
      }
      case COPY -> children.copy(first, at(w, lane, 1), at(w, lane, 2), at(w, lane, 4));
      case FILL -> {
        int value = (int) w.localBytes(lane, arguments[1], 4);
        children.fill(first, value, at(w, lane, 2), at(w, lane, 3));
      }
    }
    return 0;
  }

  private long at(Warp w, int lane, int argument) {
    return w.localBytes(lane, arguments[argument], 8);
  }

  private long prepare(Warp w, int lane, long kernel) {
    Dim3 grid = extents(w, lane, arguments[1]);
    Dim3 block = extents(w, lane, arguments[2]);
    int shared = (int) w.localBytes(lane, arguments[3], 4);
    boolean empty = Math.min(grid.x(), Math.min(grid.y(), grid.z())) < 1;
    boolean none = Math.min(block.x(), Math.min(block.y(), block.z())) < 1;
    if (empty || none || block.count() > MOST_THREADS || block.z() > MOST_ALONG_Z || shared < 0) {
      w.report(
          Kind.BAD_CALL,
          lane,
          this,
          () ->
              new Message(
                  "Bad launch by a kernel: %d bytes of shared memory, grid %s, block %s"
                      .formatted(shared, grid, block),
                  "a GPU leaves it out and says so in cudaGetLastError alone"));
      return 0;
    }
    Shape shape = new Shape(grid, null, block, shared, false);
    return w.block.launch.children.prepare(kernel, shape);
  }

  private static Dim3 extents(Warp w, int lane, int at) {
    return new Dim3(
        (int) w.localBytes(lane, at, 4),
        (int) w.localBytes(lane, at + 4, 4),
        (int) w.localBytes(lane, at + 8, 4));
  }
}
