package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Dim3;
import dev.hindsight.softgpu.base.Shape;
import dev.hindsight.softgpu.check.Findings.Message;
import dev.hindsight.softgpu.check.Kind;

/// A launch by a kernel, in its two steps: room for parameters, and the launch. Threads come in the
/// order of their numbers, so that the order of the launches does not depend on who is faster.
public final class DeviceLaunch extends Op {
  private static final int MOST_THREADS = 1024;
  private static final int MOST_ALONG_Z = 64;
  private static final int INVALID_VALUE = 1;

  private final boolean prepares;
  private final int[] arguments;
  private final int[] results;

  /// @param prepares whether it asks for room; else it launches
  /// @param arguments places in the local memory of a lane: kernel, grid, block and shared bytes,
  ///   or the room and a stream
  public DeviceLaunch(boolean prepares, int[] arguments, int[] results) {
    this.prepares = prepares;
    this.arguments = arguments.clone();
    this.results = results.clone();
  }

  @Override
  public void exec(Warp w, int mask) {
    w.block.awaitTurn();
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long answer = prepares ? prepare(w, lane) : launch(w, lane);
      for (int result : results) {
        w.setLocalBytes(lane, result, prepares ? 8 : 4, answer);
      }
    }
  }

  private long prepare(Warp w, int lane) {
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
    long kernel = w.localBytes(lane, arguments[0], 8);
    return w.block.launch.children.prepare(kernel, new Shape(grid, null, block, shared, false));
  }

  private long launch(Warp w, int lane) {
    long room = w.localBytes(lane, arguments[0], 8);
    long stream = w.localBytes(lane, arguments[1], 8);
    return w.block.launch.children.launch(room, stream) ? 0 : INVALID_VALUE;
  }

  private static Dim3 extents(Warp w, int lane, int at) {
    return new Dim3(
        (int) w.localBytes(lane, at, 4),
        (int) w.localBytes(lane, at + 4, 4),
        (int) w.localBytes(lane, at + 8, 4));
  }
}
