package dev.hindsight.bench.vendor;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.reflect.AccessFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Which native methods of JCuda's classes a program reaches, by its bytecode: what its classes
/// call there, and what that calls in turn.
final class CalledNatives {
  private static final String JCUDA = "jcuda/";

  private final Map<String, ClassModel> models = new HashMap<>();
  private final Set<Method> seen = new HashSet<>();
  private final Deque<Method> waiting = new ArrayDeque<>();
  private final Set<Method> natives = new TreeSet<>();

  /// @param type with slashes
  record Method(String type, String name, String descriptor) implements Comparable<Method> {
    @Override
    public int compareTo(Method other) {
      return toString().compareTo(other.toString());
    }

    /// The C function that the VM looks for (JNI specification, "Resolving Native Method Names").
    String symbol() {
      return "Java_" + mangled(type) + "_" + mangled(name);
    }

    private static String mangled(String name) {
      return name.replace("_", "_1").replace('/', '_');
    }
  }

  /// The natives that classes in a folder reach.
  static Set<Method> of(Path folder) throws IOException {
    var called = new CalledNatives();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
        called.add(Files.readAllBytes(file));
      }
    }
    return called.follow();
  }

  /// Those that a class reaches.
  static Set<Method> of(byte[] classFile) {
    var called = new CalledNatives();
    called.add(classFile);
    return called.follow();
  }

  private void add(byte[] classFile) {
    ClassFile.of().parse(classFile).methods().forEach(this::calls);
  }

  /// What a method calls or refers to, as `JCudnn::cudnnCreateTensorDescriptor`.
  private void calls(MethodModel method) {
    method
        .code()
        .ifPresent(
            code ->
                code.forEach(
                    element -> {
                      switch (element) {
                        case InvokeInstruction call ->
                            add(
                                call.owner().asInternalName(),
                                call.name().stringValue(),
                                call.type().stringValue());
                        case InvokeDynamicInstruction call ->
                            call.bootstrapArgs().stream()
                                .filter(DirectMethodHandleDesc.class::isInstance)
                                .map(DirectMethodHandleDesc.class::cast)
                                .forEach(
                                    handle -> {
                                      String owner = handle.owner().descriptorString();
                                      add(
                                          owner.substring(1, owner.length() - 1),
                                          handle.methodName(),
                                          handle.lookupDescriptor());
                                    });
                        default -> {}
                      }
                    }));
  }

  private void add(String type, String name, String descriptor) {
    var method = new Method(type, name, descriptor);
    if (type.startsWith(JCUDA) && seen.add(method)) {
      waiting.add(method);
    }
  }

  private Set<Method> follow() {
    while (!waiting.isEmpty()) {
      Method method = waiting.remove();
      for (MethodModel model : model(method.type()).methods()) {
        if (model.methodName().equalsString(method.name())
            && model.methodType().equalsString(method.descriptor())) {
          if (model.flags().has(AccessFlag.NATIVE)) {
            natives.add(method);
          }
          calls(model);
        }
      }
    }
    return natives;
  }

  private ClassModel model(String type) {
    return models.computeIfAbsent(
        type,
        name -> {
          try (InputStream in = CalledNatives.class.getResourceAsStream("/" + name + ".class")) {
            if (in == null) {
              throw new AssertionError("no class " + name);
            }
            return ClassFile.of().parse(in.readAllBytes());
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }
}
