package dev.hindsight.predict;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Families;
import dev.hindsight.backend.draw.DrawingLoop;
import dev.hindsight.backend.draw.LstmLoop;
import dev.hindsight.backend.draw.MadeLoop;
import dev.hindsight.backend.draw.PixelLoop;
import dev.hindsight.backend.draw.Sampling;
import dev.hindsight.backend.draw.WholeImages;
import dev.hindsight.sample.SampledModel;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Tensor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a model asks of a backend to draw whole images by, which is noted and not done. All else is
/// done.
final class AskedDrawing implements Sampling {
  private final Backend backend;
  private final Sampling answers;
  private final List<DrawingLoop> asked = new ArrayList<>();

  private AskedDrawing(Backend backend, Sampling answers) {
    this.backend = backend;
    this.answers = answers;
  }

  /// @param scope open for as long as it is used
  static DrawingLoop of(Backend backend, Scope scope, SampledModel model, WholeImages images) {
    return of(backend, backend.sampling(), scope, model, images);
  }

  /// The same of a backend whose own [Sampling] cannot answer.
  ///
  /// @param answers what the model asks it
  static DrawingLoop of(
      Backend backend, Sampling answers, Scope scope, SampledModel model, WholeImages images) {
    var drawing = new AskedDrawing(backend, answers);
    var asking =
        (Backend)
            Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, drawing::call);
    model.drawAtOnce(asking, scope, images);
    return drawing.asked.getFirst();
  }

  private @Nullable Object call(
      Object self, Method method, @Nullable Object @Nullable [] arguments) {
    if (Families.isFamily(method) && method.getReturnType() == Sampling.class) {
      return this;
    }
    try {
      return method.invoke(backend, arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(method.getName() + " failed", e.getCause());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(method.getName() + " cannot be called", e);
    }
  }

  @Override
  public boolean drawsMade(MadeLoop loop, int images) {
    return answers.drawsMade(loop, images);
  }

  @Override
  public void made(MadeLoop loop, Tensor flat, WholeImages images) {
    asked.add(loop);
  }

  @Override
  public boolean drawsLstm(int hidden) {
    return answers.drawsLstm(hidden);
  }

  @Override
  public void lstm(LstmLoop loop, Tensor state, WholeImages images) {
    asked.add(loop);
  }

  @Override
  public boolean drawsPixels(int channels, int head) {
    return answers.drawsPixels(channels, head);
  }

  @Override
  public boolean multipliesOut() {
    return answers.multipliesOut();
  }

  @Override
  public int slices(int images, int channels, int hidden, int readers) {
    return answers.slices(images, channels, hidden, readers);
  }

  @Override
  public void pixels(PixelLoop loop, WholeImages images) {
    asked.add(loop);
  }
}
