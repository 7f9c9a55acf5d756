package dev.hindsight.softgpu.ptx;

import dev.hindsight.softgpu.base.Dim3;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Parses PTX text, as nvcc writes it for compute_75 to compute_100. Throws [PtxException] and
/// nothing else for text that it does not understand.
public final class Parser {
  /// Where the sources of kernels that ship lie; of others the file's name is enough.
  private static final String KERNELS = "kernels/";

  private final Cursor cursor;
  private final String name;
  private final Map<String, Function> functions = new LinkedHashMap<>();
  private final Map<String, Variable> variables = new LinkedHashMap<>();
  private final List<Variable> declared = new ArrayList<>();
  private final Map<Integer, String> files = new HashMap<>();
  private String version = "";
  private String target = "";

  /// Why the function at hand cannot run; empty where it can.
  private String refusal = "";

  private Parser(String text, String name) {
    this.cursor = new Cursor(Lexer.tokens(text, name), name);
    this.name = name;
  }

  public static Module parse(String text, String name) {
    return new Parser(text, name).module(text);
  }

  private Module module(String text) {
    while (!cursor.atEnd()) {
      directive();
    }
    if (version.isEmpty() || target.isEmpty()) {
      throw new PtxException(name + ": wanted .version and .target, got neither or one");
    }
    List<String> lines = text.lines().toList();
    return new Module(name, version, target, functions, variables, declared, files, lines);
  }

  private void directive() {
    Token token = cursor.peek();
    switch (token.text()) {
      case ".version" -> {
        cursor.next();
        version = cursor.next().text();
      }
      case ".target" -> {
        cursor.next();
        target = cursor.word("a target");
        while (cursor.accept(",")) {
          cursor.word("a target option");
        }
      }
      case ".address_size" -> {
        cursor.next();
        if (cursor.integer("an address size") != 64) {
          throw cursor.error(token, "wanted .address_size 64");
        }
      }
      case ".file" -> file();
      case ".section" -> section();
      case ".pragma" -> {
        cursor.next();
        cursor.next();
        cursor.expect(";");
      }
      case ";" -> cursor.next();
      default -> declaration();
    }
  }

  private void file() {
    cursor.next();
    int index = cursor.smallInteger("a file number");
    String path = cursor.next().text();
    boolean ships = path.startsWith(KERNELS);
    files.put(index, path.substring(ships ? KERNELS.length() : path.lastIndexOf('/') + 1));
    while (cursor.accept(",")) {
      cursor.integer("a time stamp or size");
    }
  }

  private void section() {
    cursor.next();
    while (!cursor.peek().is("{")) {
      cursor.word("a section name"); // its parts, where it has dots
    }
    cursor.skipBraces();
  }

  private void declaration() {
    boolean external = false;
    boolean weak = false;
    while (true) {
      Token token = cursor.peek();
      switch (token.text()) {
        case ".visible" -> cursor.next();
        case ".weak", ".common" -> {
          cursor.next();
          weak = true;
        }
        case ".extern" -> {
          cursor.next();
          external = true;
        }
        case ".entry", ".func" -> {
          function(weak);
          return;
        }
        case ".global", ".const", ".shared" -> {
          variables(external, weak);
          return;
        }
        default -> throw cursor.error(token, "wanted a directive, got " + token);
      }
    }
  }

  private void variables(boolean external, boolean weak) {
    Variable.Space space =
        Variable.Space.valueOf(cursor.next().text().substring(1).toUpperCase(Locale.ROOT));
    VariableParser parser = new VariableParser(cursor, space, external);
    for (Variable variable : parser.declaration()) {
      Variable before = variables.get(variable.name);
      if (before == null || space == Variable.Space.SHARED) {
        variables.put(variable.name, variable);
      } else if (before.external) {
        declared.add(before);
        variables.put(variable.name, variable);
      } else if (!external && !weak) {
        throw cursor.error(cursor.peek(), "variable " + variable + " is there twice");
      }
    }
    cursor.expect(";");
  }

  private void function(boolean weak) {
    refusal = "";
    Token start = cursor.next();
    boolean entry = start.text().equals(".entry");
    List<Variable> results = !entry && cursor.peek().is("(") ? parameters() : List.of();
    String functionName = cursor.word("a function name");
    List<Variable> parameters = cursor.peek().is("(") ? parameters() : List.of();
    Bounds bounds = attributes();
    boolean external = cursor.accept(";");
    if (!external) {
      cursor.expect("{");
    }
    Function.Body body =
        external
            ? new Function.Body(List.of(), Map.of(), List.of())
            : body(results, parameters, start.line());
    Function made =
        new Function(
            functionName, entry, external, results, parameters, body, bounds, start.line());
    @Nullable Function before = functions.get(functionName);
    if (before != null && !before.external()) {
      if (made.external() || weak) {
        return; // of two weak ones either will do
      }
      throw cursor.error(start, "function " + functionName + " is there twice");
    }
    functions.put(functionName, made);
  }

  private Function.Body body(List<Variable> results, List<Variable> parameters, int line) {
    BodyParser parser = new BodyParser(cursor, variables, results, parameters);
    if (!refusal.isEmpty()) {
      parser.refuse(line, refusal);
    }
    return parser.body();
  }

  private List<Variable> parameters() {
    cursor.expect("(");
    List<Variable> found = new ArrayList<>();
    while (!cursor.accept(")")) {
      Token token = cursor.next();
      if (!token.is(".param") && !token.is(".reg")) {
        throw cursor.error(token, "wanted .param, got " + token);
      }
      if (token.is(".reg")) {
        refuse(token, "register parameters are not supported, use .param");
      }
      found.add(new VariableParser(cursor, Variable.Space.PARAM, false).one());
      cursor.accept(",");
    }
    return found;
  }

  private Bounds attributes() {
    int threads = Bounds.NONE.threads();
    int blocks = Bounds.NONE.blocks();
    int registers = Bounds.NONE.registers();
    boolean explicit = false;
    Dim3 cluster = null;
    int mostInCluster = Clusters.MOST;
    while (cursor.peek().startsWith('.')) {
      Token token = cursor.next();
      switch (token.text()) {
        case ".maxntid", ".reqntid" -> threads = extent();
        case ".minnctapersm", ".maxnctapersm" -> blocks = cursor.smallInteger("a block count");
        case ".maxnreg" -> registers = cursor.smallInteger("a register count");
        case ".explicitcluster" -> explicit = true;
        case ".reqnctapercluster" -> cluster = cluster();
        case ".maxclusterrank" -> mostInCluster = cursor.smallInteger("a block count");
        case ".noreturn" -> {}
        case ".pragma" -> {
          cursor.next();
          cursor.expect(";");
        }
        default -> {
          refuse(token, "function attribute " + token + " is not supported");
          while (!cursor.peek().startsWith('.')
              && !cursor.peek().is("{")
              && !cursor.peek().is(";")) {
            cursor.next();
          }
        }
      }
    }
    Clusters clusters = new Clusters(explicit, cluster, mostInCluster);
    return new Bounds(threads, blocks, registers, clusters);
  }

  /// Notes why the function at hand cannot run.
  private void refuse(Token token, String why) {
    refusal = String.valueOf(cursor.error(token, why).getMessage());
  }

  private Dim3 cluster() {
    int[] extents = {1, 1, 1};
    int axis = 0;
    do {
      extents[axis++] = cursor.smallInteger("a block count");
    } while (axis < extents.length && cursor.accept(","));
    return new Dim3(extents[0], extents[1], extents[2]);
  }

  private int extent() {
    long product = cursor.smallInteger("a thread count");
    while (cursor.accept(",")) {
      product = Math.min(Integer.MAX_VALUE, product * cursor.smallInteger("a thread count"));
    }
    return (int) product;
  }
}
