package dev.hindsight.softgpu.device;

import dev.hindsight.softgpu.decode.Loader;
import dev.hindsight.softgpu.ptx.Function;
import java.lang.ref.SoftReference;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What PTX was decoded to before in this process, as NVIDIA's driver keeps what it compiled: who
/// opens one device after the other loads the same kernels into each, and decoding them takes
/// longer than many a launch. Texts with variables of a module are not kept, since addresses of one
/// device are in their programs.
final class ProgramCache {
  private static final int MOST = 256;

  private static SoftReference<Map<String, List<EntryPoint>>> kept = new SoftReference<>(null);

  private ProgramCache() {}

  /// An entry point of a text, and where kernels that launch it find it.
  record EntryPoint(Function function, Loader.Loaded loaded, long address) {}

  /// The entry points of a text, or null where they are not known.
  static synchronized @Nullable List<EntryPoint> of(String ptx) {
    Map<String, List<EntryPoint>> all = kept.get();
    return all == null ? null : all.get(ptx);
  }

  static synchronized void keep(String ptx, List<EntryPoint> entries) {
    Map<String, List<EntryPoint>> all = kept.get();
    if (all == null) {
      all = new Latest();
      kept = new SoftReference<>(all);
    }
    all.put(ptx, List.copyOf(entries));
  }

  /// The texts that were asked for last.
  private static final class Latest extends LinkedHashMap<String, List<EntryPoint>> {
    private static final long serialVersionUID = 1;

    Latest() {
      super(MOST, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, List<EntryPoint>> eldest) {
      return size() > MOST;
    }
  }
}
