package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Image;
import dev.hindsight.softgpu.base.Texture;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/// `txq` and `suq`.
public final class TextureQuery extends Op {
  /// What is asked for.
  public interface Property extends ToIntFunction<Image> {}

  private final Ref result;
  private final Ref handle;
  private final @Nullable Property property;
  private final Ref level;

  /// @param property of a level, the first where none is named; null for how many levels there are
  public TextureQuery(Ref result, Ref handle, @Nullable Property property, Ref level) {
    this.result = result;
    this.handle = handle;
    this.property = property;
    this.level = level;
  }

  @Override
  public void exec(Warp w, int mask) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      Texture texture = TextureFetch.bound(w, this, lane, handle, "texture");
      result.set(w, lane, texture == null ? 0 : answer(w, lane, texture));
    }
  }

  private int answer(Warp w, int lane, Texture texture) {
    List<Image> images = texture.levels().images();
    int wanted = (int) level.get(w, lane);
    return property == null
        ? images.size()
        : wanted < 0 || wanted >= images.size() ? 0 : property.applyAsInt(images.get(wanted));
  }
}
