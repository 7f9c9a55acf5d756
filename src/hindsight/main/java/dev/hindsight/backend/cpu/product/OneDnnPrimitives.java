package dev.hindsight.backend.cpu.product;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.hindsight.natives.Downcalls;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.stream.Stream;

/// oneDNN's primitives: products and copies that are made once for their shapes, and kept. They
/// take matrices in orders that its `gemm` does not know.
///
/// Each is run by any of our threads, on one thread of oneDNN's (see [OneDnn]) and on memory that
/// the thread names. Handles of C are plain numbers here.
final class OneDnnPrimitives implements AutoCloseable {
  // Of `dnnl_data_type_t`.
  private static final int BF16 = 2;
  private static final int FP32 = 3;

  // What an operand is to a primitive, of `DNNL_ARG_...`.
  private static final int SOURCE = 1;
  private static final int DESTINATION = 17;
  private static final int WEIGHTS = 33;
  private static final int SCRATCHPAD = 80;

  // Of other enums.
  private static final int CPU = 1;
  private static final int IN_ORDER = 1;
  private static final int ANY = 1;
  private static final int USER = 1;
  private static final int WEIGHTS_MD = 131;
  private static final int SCRATCHPAD_MD = 136;

  private static final long NONE = 0;
  private static final long CACHE_LINE = 64;

  private static final SymbolLookup SYMBOLS =
      Objects.requireNonNull(OneDnnLibrary.FOUND.symbols(), "cpu: oneDNN is missing");

  private static final MethodHandle SET_THREADS =
      Objects.requireNonNull(OneDnnLibrary.FOUND.setThreads(), "cpu: oneDNN is missing");

  private static final MethodHandle POINT =
      handle("dnnl_memory_set_data_handle", JAVA_LONG, JAVA_LONG);

  private static final MethodHandle EXECUTE =
      handle("dnnl_primitive_execute", JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG);

  private final Arena arena = Arena.ofShared();
  private final Deque<Runnable> destroyed = new ArrayDeque<>();

  /// Where functions of C put what they create.
  private final MemorySegment created = arena.allocate(JAVA_LONG);

  private final long engine;
  private final long[] streams;

  OneDnnPrimitives(int workers) {
    engine = own("dnnl_engine_destroy", create("dnnl_engine_create", CPU, 0L));
    streams = new long[workers];
    for (int worker = 0; worker < workers; worker++) {
      long stream = create("dnnl_stream_create", engine, IN_ORDER);
      streams[worker] = own("dnnl_stream_destroy", stream);
    }
  }

  /// How a matrix lies in memory.
  record Layout(long handle) {
    long bytes() {
      MethodHandle size =
          Downcalls.handle(
              SYMBOLS, "dnnl_memory_desc_get_size", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
      try {
        return (long) size.invokeExact(handle);
      } catch (Throwable e) {
        throw Downcalls.unexpected(e);
      }
    }
  }

  /// A matrix of bf16.
  ///
  /// @param down numbers from one row to the next; `across` from one column to the next
  Layout bf16(int rows, int columns, long down, long across) {
    return layout(BF16, rows, columns, down, across);
  }

  /// The same of floats.
  Layout fp32(int rows, int columns, long down, long across) {
    return layout(FP32, rows, columns, down, across);
  }

  private Layout layout(int type, int rows, int columns, long down, long across) {
    long sizes = numbers(rows, columns);
    long strides = numbers(down, across);
    return layout(create("dnnl_memory_desc_create_with_strides", 2, sizes, type, strides));
  }

  private Layout layout(long handle) {
    return new Layout(own("dnnl_memory_desc_destroy", handle));
  }

  /// As a product of so many rows likes weights (depth, columns) of bf16 best.
  Layout best(int rows, int depth, int columns) {
    long sizes = numbers(depth, columns);
    long any = create("dnnl_memory_desc_create_with_tag", 2, sizes, BF16, ANY);
    Layout x = bf16(rows, depth, depth, 1);
    Layout sum = fp32(rows, columns, columns, 1);
    long description = describe(true, x, layout(any), sum);
    Layout weights = layout(create("dnnl_memory_desc_clone", query(description, WEIGHTS_MD)));
    call("dnnl_primitive_desc_destroy", description);
    return weights;
  }

  /// sum = x · weights, or += that when `add`
  Primitive product(boolean add, Layout x, Layout weights, Layout sum) {
    long description = describe(add, x, weights, sum);
    Layout scratch = layout(create("dnnl_memory_desc_clone", query(description, SCRATCHPAD_MD)));
    return primitive(
        description,
        new int[] {SOURCE, WEIGHTS, DESTINATION, SCRATCHPAD},
        new Layout[] {x, weights, sum, scratch});
  }

  private long describe(boolean add, Layout x, Layout weights, Layout sum) {
    long sums = create("dnnl_post_ops_create");
    if (add) {
      call("dnnl_post_ops_append_sum", sums, 1f, 0, FP32);
    }
    long attributes = create("dnnl_primitive_attr_create");
    call("dnnl_primitive_attr_set_post_ops", attributes, sums);
    call("dnnl_primitive_attr_set_scratchpad_mode", attributes, USER);
    oneThread(); // which is what it is made for
    long description =
        create(
            "dnnl_matmul_primitive_desc_create",
            engine,
            x.handle,
            weights.handle,
            NONE,
            sum.handle,
            attributes);
    call("dnnl_primitive_attr_destroy", attributes);
    call("dnnl_post_ops_destroy", sums);
    return description;
  }

  /// to = from
  Primitive copy(Layout from, Layout to) {
    oneThread();
    long description =
        create("dnnl_reorder_primitive_desc_create", from.handle, engine, to.handle, engine, NONE);
    return primitive(description, new int[] {SOURCE, DESTINATION}, new Layout[] {from, to});
  }

  private Primitive primitive(long description, int[] roles, Layout[] layouts) {
    long handle = create("dnnl_primitive_create", description);
    call("dnnl_primitive_desc_destroy", description);
    return new Primitive(own("dnnl_primitive_destroy", handle), roles, layouts);
  }

  /// A primitive, with the operands of each thread.
  final class Primitive {
    private final long handle;
    private final int operands;
    private final long[] memories;
    private final long[] arguments;

    private Primitive(long handle, int[] roles, Layout[] layouts) {
      this.handle = handle;
      operands = roles.length;
      memories = new long[operands * streams.length];
      arguments = new long[streams.length];
      for (int worker = 0; worker < streams.length; worker++) {
        MemorySegment all = arena.allocate(2 * JAVA_LONG.byteSize() * operands, CACHE_LINE);
        for (int k = 0; k < operands; k++) {
          long own = roles[k] == SCRATCHPAD ? room(layouts[k]) : NONE;
          long memory = create("dnnl_memory_create", layouts[k].handle, engine, own);
          memories[worker * operands + k] = own("dnnl_memory_destroy", memory);
          all.setAtIndex(JAVA_INT, 4L * k, roles[k]);
          all.setAtIndex(JAVA_LONG, 2L * k + 1, memory);
        }
        arguments[worker] = all.address();
      }
    }

    private long room(Layout scratch) {
      return arena.allocate(Math.max(CACHE_LINE, scratch.bytes()), CACHE_LINE).address();
    }

    /// Says where a worker's operand is: the first of them, the second or the third.
    void point(int worker, int operand, long address) {
      int status;
      try {
        status = (int) POINT.invokeExact(memories[worker * operands + operand], address);
      } catch (Throwable e) {
        throw Downcalls.unexpected(e);
      }
      require(status, "an address");
    }

    /// On the calling thread, which is this worker.
    void run(int worker) {
      oneThread();
      int status;
      try {
        status = (int) EXECUTE.invokeExact(handle, streams[worker], operands, arguments[worker]);
      } catch (Throwable e) {
        throw Downcalls.unexpected(e);
      }
      require(status, "to run a primitive");
    }
  }

  @Override
  public void close() {
    while (!destroyed.isEmpty()) {
      destroyed.pop().run();
    }
    arena.close();
  }

  // ---- functions of C

  private static void oneThread() {
    try {
      SET_THREADS.invokeExact(1);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  /// The address of an array of C.
  private long numbers(long first, long second) {
    return arena.allocateFrom(JAVA_LONG, first, second).address();
  }

  private static long query(long description, int what) {
    MethodHandle query =
        Downcalls.handle(
            SYMBOLS,
            "dnnl_primitive_desc_query_md",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT));
    try {
      return (long) query.invokeExact(description, what, 0);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  /// Has [#close] destroy it, the last one first.
  private synchronized long own(String destroy, long handle) {
    destroyed.push(() -> call(destroy, handle));
    return handle;
  }

  /// What a function creates, whose first argument is where it puts that.
  private synchronized long create(String function, Object... arguments) {
    Object[] all = Stream.concat(Stream.of(created.address()), Stream.of(arguments)).toArray();
    call(function, all);
    return created.get(JAVA_LONG, 0);
  }

  /// For what is done once: it looks the function up.
  private static void call(String function, Object... arguments) {
    MemoryLayout[] types =
        Stream.of(arguments).map(OneDnnPrimitives::type).toArray(MemoryLayout[]::new);
    int status;
    try {
      status = (int) handle(function, types).invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
    require(status, function);
  }

  private static MemoryLayout type(Object argument) {
    return switch (argument) {
      case Integer _ -> JAVA_INT;
      case Float _ -> JAVA_FLOAT;
      default -> JAVA_LONG;
    };
  }

  private static MethodHandle handle(String function, MemoryLayout... arguments) {
    return Downcalls.handle(SYMBOLS, function, FunctionDescriptor.of(JAVA_INT, arguments));
  }

  private static void require(int status, String what) {
    if (status != 0) {
      throw new IllegalStateException("oneDNN refused %s: status %d".formatted(what, status));
    }
  }
}
