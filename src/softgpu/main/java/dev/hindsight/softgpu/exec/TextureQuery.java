package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.base.Image;
import dev.hindsight.softgpu.base.Texture;
import java.util.function.ToIntFunction;

/// `txq` and `suq`.
public final class TextureQuery extends Op {
  /// What is asked for.
  public interface Property extends ToIntFunction<Image> {}

  private final Ref result;
  private final Ref handle;
  private final Property property;

  public TextureQuery(Ref result, Ref handle, Property property) {
    this.result = result;
    this.handle = handle;
    this.property = property;
  }

  @Override
  public void exec(Warp w, int mask) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long key = handle.get(w, lane);
      Texture texture = w.block.launch.memory.texture(key);
      if (texture == null) {
        TextureFetch.missing(w, this, lane, key, "texture");
      }
      result.set(w, lane, texture == null ? 0 : property.applyAsInt(texture.image()));
    }
  }
}
