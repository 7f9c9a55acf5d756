package dev.hindsight.nn;

import dev.hindsight.backend.Backend;
import dev.hindsight.backend.Degrees;
import dev.hindsight.backend.FlatParameters;
import dev.hindsight.backend.LiveChunks;
import dev.hindsight.error.UserException;
import dev.hindsight.ops.Tape;
import dev.hindsight.tensor.ElementType;
import dev.hindsight.tensor.Scope;
import dev.hindsight.tensor.Shape;
import dev.hindsight.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// All parameters of a model in four flat tensors: values, gradients and Adam's two moments. So the
/// optimiser, the gradient's norm and a checkpoint are one operation each. Where the backend stores
/// activations in another type than fp32 there is a fifth, the values in that type, which products
/// read: Adam writes it in its pass over the values, and [#write] whenever they come from
/// elsewhere.
///
/// Layers declare parameters with [#add]; the model then calls [#allocate] once. Matrices lie first
/// and vectors (biases, gains) after them, so that weight decay, which leaves vectors alone, sees
/// one piece.
public final class Parameters implements AutoCloseable {
  /// Every parameter starts at a multiple of 64 floats, so that wide loads stay aligned.
  private static final long ALIGNMENT = 64;

  /// Values, gradients and Adam's two moments of this many take 4 GiB.
  public static final long MOST = 1L << 28;

  private final Backend backend;
  private final List<Parameter> all = new ArrayList<>();
  private final Set<String> names = new HashSet<>();
  private final Map<Parameter, Integer> offsets = new LinkedHashMap<>(); // in the order of memory
  private long count;
  private @Nullable Scope scope;
  private @Nullable FlatParameters flat;

  public Parameters(Backend backend) {
    this.backend = backend;
  }

  /// Where they lie.
  public Backend backend() {
    return backend;
  }

  /// Declares a parameter.
  ///
  /// @param initial its values row-major, drawn when [#allocate] lays it out
  /// @throws UserException when there are more than [#MOST] by then
  public Parameter add(String name, Shape shape, Supplier<float[]> initial) {
    return add(name, new Layout.Plain(shape), initial);
  }

  /// Declares a matrix of which a step uses a part: embeddings, a row each.
  Parameter addSparse(String name, int rows, int columns, Supplier<float[]> initial) {
    var layout = new Layout.Plain(Shape.of(rows, columns));
    return add(new Parameter(name, layout, initial, null, true));
  }

  /// Declares a matrix of which only the weights that `degrees` allows exist; `initial` has zeros
  /// for the others.
  Parameter add(String name, Degrees degrees, Supplier<float[]> initial) {
    var layout = new Layout.Plain(Shape.of(degrees.outputs(), degrees.inputs()));
    return add(new Parameter(name, layout, initial, degrees, false));
  }

  /// Declares a parameter that PyTorch stores in another way; `initial` lies as in memory.
  public Parameter add(String name, Layout layout, Supplier<float[]> initial) {
    return add(new Parameter(name, layout, initial, null, false));
  }

  private Parameter add(Parameter parameter) {
    String name = parameter.name();
    if (flat != null) {
      throw new IllegalStateException("parameters: " + name + " was added after allocate()");
    }
    if (!names.add(name)) {
      throw new IllegalArgumentException("parameters: there are two of the name " + name);
    }
    count += parameter.layout().torch().size();
    if (count > MOST) {
      throw new UserException(
          "a model of these sizes has more than %d million parameters, which is the most; make it smaller"
              .formatted(MOST / 1_000_000));
    }
    all.add(parameter);
    return parameter;
  }

  /// Lays all declared parameters out and writes their initial values.
  public void allocate() {
    int size = Math.toIntExact(all.stream().mapToLong(p -> padded(p.shape().size())).sum());
    Scope scope = backend.open("model");
    this.scope = scope;
    Tensor rounded = null;
    if (backend.storage() != ElementType.FP32) {
      rounded = scope.tensor(backend.storage(), size);
      scope.clear(rounded);
    }
    flat =
        new FlatParameters(
            scope.zeros(size), rounded, scope.zeros(size), scope.zeros(size), scope.zeros(size));
    int offset = 0;
    for (Parameter p : layout()) {
      Tensor copy = rounded == null ? null : rounded.part(offset, p.shape());
      p.bind(flat.value().part(offset, p.shape()), copy, flat.grad().part(offset, p.shape()));
      if (scope.hasMemory()) {
        write(p, p.initial());
      }
      offsets.put(p, offset);
      offset += (int) padded(p.shape().size());
    }
  }

  /// Gives a parameter these values, row-major.
  public void write(Parameter p, float[] values) {
    backend.write(p.value(), values);
    Tensor rounded = p.rounded();
    if (rounded != null) {
      backend.write(rounded, values);
    }
  }

  /// Gives all parameters the values of a tensor that lies as the flat ones do.
  public void copyFrom(Tensor values) {
    backend.copy(values, flat().value());
    Tensor rounded = flat().rounded();
    if (rounded != null) {
      backend.copy(values, rounded);
    }
  }

  /// Gives all parameters these values, which lie as in the flat tensors.
  public void write(float[] values) {
    backend.write(flat().value(), values);
    Tensor rounded = flat().rounded();
    if (rounded != null) {
      backend.write(rounded, values);
    }
  }

  /// In the order of memory: matrices, then vectors.
  private List<Parameter> layout() {
    return Stream.of(true, false)
        .flatMap(matrix -> all.stream().filter(p -> matrix == p.isMatrix()))
        .toList();
  }

  /// Where parameters lie that `wanted` takes, neighbours together, with what fills up the last of
  /// each.
  public List<Piece> neighbours(Predicate<Parameter> wanted) {
    List<Piece> pieces = new ArrayList<>();
    offsets.forEach(
        (p, offset) -> {
          if (wanted.test(p)) {
            pieces.add(new Piece(offset, offset + (int) padded(p.shape().size())));
          }
        });
    return Piece.joined(pieces);
  }

  private static long padded(long size) {
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  public FlatParameters flat() {
    if (flat == null) {
      throw new IllegalStateException("parameters: the model is not allocated yet");
    }
    return flat;
  }

  /// A flat tensor of zeros, as long as each of [#flat]; it closes with them.
  public Tensor zeros() {
    Tensor value = flat().value();
    return value.scope().zeros(Math.toIntExact(value.size()));
  }

  public List<Parameter> all() {
    return Collections.unmodifiableList(all);
  }

  /// Number of learnt values, those that a mask removes included, as PyTorch counts them.
  public long count() {
    return count;
  }

  /// The elements of the flat tensors that exist, ascending: neither those that a mask removes nor
  /// what lies between parameters, which are zero in a gradient whatever happens.
  public List<Piece> pieces() {
    List<Piece> pieces = new ArrayList<>();
    offsets.forEach((p, offset) -> pieces.addAll(p.pieces(offset)));
    return Piece.joined(pieces);
  }

  /// The chunks of the flat tensors in which any of [#pieces] lies; null where no parameter has a
  /// mask.
  public @Nullable LiveChunks liveChunks() {
    if (all.stream().noneMatch(Parameter::isMasked)) {
      return null;
    }
    return new LiveChunks(
        pieces().stream()
            .flatMapToInt(
                piece ->
                    IntStream.rangeClosed(
                        piece.from() / LiveChunks.SIZE, (piece.to() - 1) / LiveChunks.SIZE))
            .distinct()
            .toArray());
  }

  /// A tape for one step on which the gradients of these parameters are kept.
  public Tape tape(Scope step) {
    Tape tape = new Tape(step);
    for (Parameter p : all) {
      tape.bind(p.value(), p.grad());
      Tensor rounded = p.rounded();
      if (rounded != null) {
        tape.bind(rounded, p.grad());
      }
    }
    return tape;
  }

  /// Where `p` begins in the flat tensors, in elements.
  public int offset(Parameter p) {
    Integer offset = offsets.get(p);
    if (offset == null) {
      throw new IllegalArgumentException("parameters: " + p.name() + " belongs to another model");
    }
    return offset;
  }

  @Override
  public void close() {
    if (scope != null) {
      scope.close();
    }
  }
}
