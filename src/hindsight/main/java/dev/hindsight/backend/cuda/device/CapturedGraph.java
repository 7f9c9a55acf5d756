package dev.hindsight.backend.cuda.device;

import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;

import dev.hindsight.backend.Graph;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.ScopePool;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstreamCaptureMode;
import org.jspecify.annotations.Nullable;

/// Work that becomes a CUDA graph. A rehearsal, or else the first run, is plain: it loads kernels
/// and reserves memory, neither of which a capture may do. The next run is captured, and every
/// later one is a launch.
public final class CapturedGraph implements Graph {
  private final String label;
  private final CudaDevice device;
  private final ScopePool pool;
  private final CapturedGraphs owner;
  private @Nullable List<Place> places;
  private @Nullable CUgraphExec graph;
  private boolean rehearsed;
  private boolean closed;

  /// Where an operand lay when the work first ran.
  private record Place(long address, Shape shape) {
    static List<Place> of(Tensor[] tensors) {
      return Arrays.stream(tensors).map(t -> new Place(t.address(), t.shape())).toList();
    }
  }

  public CapturedGraph(String label, CudaDevice device, ScopePool pool, CapturedGraphs owner) {
    this.label = label;
    this.device = device;
    this.pool = pool;
    this.owner = owner;
  }

  public String label() {
    return label;
  }

  public ScopePool pool() {
    return pool;
  }

  @Override
  public Scope open(String scope) {
    requireOpen();
    return pool.open(scope);
  }

  @Override
  public void rehearse(Runnable part) {
    requireOpen();
    if (!rehearsed) {
      owner.run(this, part);
      rehearsed = true;
    }
  }

  @Override
  public void run(Runnable work, Tensor... operands) {
    requireOpen();
    List<Place> now = Place.of(operands);
    if (!rehearsed) {
      owner.run(this, work);
      rehearsed = true;
      places = now;
      return;
    }
    if (places == null) {
      places = now;
    }
    requireSame(places, now);
    if (graph == null) {
      graph = capture(work);
    }
    device.bind();
    Cuda.check(cuGraphLaunch(graph, device.stream()), "'%s' as a graph".formatted(label));
  }

  private CUgraphExec capture(Runnable work) {
    device.bind();
    Cuda.check(
        cuStreamBeginCapture(
            device.stream(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
        "the capture of '%s'".formatted(label));
    device.capturing(label);
    var captured = new CUgraph();
    boolean whole = false;
    int ended;
    try {
      owner.run(this, work);
      whole = true;
    } finally {
      device.capturing(null);
      ended = cuStreamEndCapture(device.stream(), captured);
      if (!whole && ended == 0) {
        cuGraphDestroy(captured);
      }
    }
    Cuda.check(ended, "the capture of '%s'".formatted(label));
    var executable = new CUgraphExec();
    int made = cuGraphInstantiate(executable, captured, 0);
    Cuda.check(cuGraphDestroy(captured), "cuGraphDestroy");
    Cuda.check(made, "'%s' as a graph".formatted(label));
    return executable;
  }

  private void requireSame(List<Place> recorded, List<Place> now) {
    for (int k = 0; k < Math.max(recorded.size(), now.size()); k++) {
      if (k >= recorded.size() || k >= now.size() || !recorded.get(k).equals(now.get(k))) {
        throw new IllegalStateException(
            "cuda: '%s' was recorded with %s as operand %d but got %s; make a graph for each"
                .formatted(label, describe(recorded, k), k, describe(now, k)));
      }
    }
  }

  private static String describe(List<Place> places, int k) {
    return k < places.size()
        ? "%s at 0x%x".formatted(places.get(k).shape(), places.get(k).address())
        : "nothing";
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("cuda: graph '" + label + "' is closed");
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    owner.remove(this);
    device.bind();
    if (graph != null) {
      Cuda.checkGivenBack(cuGraphExecDestroy(graph), "cuGraphExecDestroy");
    }
    pool.close();
  }
}
