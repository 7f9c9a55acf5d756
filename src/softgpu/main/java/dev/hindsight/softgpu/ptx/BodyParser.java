package dev.hindsight.softgpu.ptx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Parses the body of a function, from behind its opening brace on.
final class BodyParser {
  private final Cursor cursor;
  private final List<Instruction> body = new ArrayList<>();
  private final List<Scope> scopeOf = new ArrayList<>();
  private final Map<String, Integer> labels = new HashMap<>();
  private final List<Variable> declared = new ArrayList<>();
  private final OperandParser operands;
  private Scope scope;
  private int scopes = 1;
  private int fileIndex;
  private int fileLine;
  private int @Nullable [] inlined;

  /// By place in an inlined function: where the outermost call stands that led there.
  private final Map<Place, int[]> callers = new HashMap<>();

  private record Place(int file, int line, long column) {}

  BodyParser(
      Cursor cursor,
      Map<String, Variable> moduleVariables,
      List<Variable> results,
      List<Variable> parameters) {
    this.cursor = cursor;
    Scope outer = new Scope(null, 0);
    outer.variables.putAll(moduleVariables);
    this.scope = new Scope(outer, 0);
    results.forEach(v -> scope.variables.put(v.name, v));
    parameters.forEach(v -> scope.variables.put(v.name, v));
    this.operands = new OperandParser(cursor);
  }

  /// A body that nobody can run, with the reason.
  void refuse(int line, String why) {
    Operand unreadable = new Operand.Unreadable(why);
    body.add(Instruction.plain("nop", null, List.of(unreadable), line));
    scopeOf.add(scope);
  }

  Function.Body body() {
    int depth = 1;
    while (depth > 0) {
      Token token = cursor.peek();
      if (cursor.accept("{")) {
        depth++;
        scope = new Scope(scope, scopes++);
      } else if (cursor.accept("}")) {
        depth--;
        scope = depth > 0 && scope.parent != null ? scope.parent : scope;
      } else if (!cursor.accept(";")) {
        statement(token);
      }
    }
    return new Function.Body(resolved(), labels, declared);
  }

  private List<Instruction> resolved() {
    List<Instruction> done = new ArrayList<>(body.size());
    for (int i = 0; i < body.size(); i++) {
      Instruction one = body.get(i);
      Scope seen = scopeOf.get(i);
      List<Operand> resolved = new ArrayList<>();
      for (Operand operand : one.operands()) {
        String label = operand instanceof Operand.Name(String n) ? seen.labelSeen(n) : null;
        resolved.add(label == null ? operand : new Operand.Name(label));
      }
      done.add(one.with(one.opcode(), one.guard(), List.copyOf(resolved)));
    }
    return done;
  }

  private void statement(Token token) {
    if (token.startsWith('.')) {
      directive(cursor.next());
    } else if (token.kind() == Token.Kind.WORD && cursor.peekNext().is(":")) {
      cursor.next();
      cursor.next();
      if (labels.put(scope.label(token.text()), body.size()) != null) {
        throw cursor.error(token, "label " + token + " is there twice");
      }
    } else {
      instruction(token);
    }
  }

  private void directive(Token token) {
    switch (token.text()) {
      case ".reg" -> registers();
      case ".shared", ".local", ".param" -> {
        Variable.Space space =
            Variable.Space.valueOf(token.text().substring(1).toUpperCase(Locale.ROOT));
        for (Variable made : new VariableParser(cursor, space, false).declaration()) {
          scope.variables.put(made.name, made);
          declared.add(made);
        }
        cursor.expect(";");
      }
      case ".loc" -> location();
      // Of indirect calls and branches, which are refused themselves.
      case ".callprototype", ".calltargets", ".branchtargets" -> cursor.skipStatement();
      case ".pragma" -> {
        cursor.next();
        cursor.expect(";");
      }
      default -> throw cursor.error(token, "directive " + token + " is not supported here");
    }
  }

  private void registers() {
    Token token = cursor.next();
    Type type = token.startsWith('.') ? Type.of(token.text().substring(1)) : null;
    if (type == null) {
      throw cursor.error(token, "wanted a register type, got " + token);
    }
    do {
      String name = cursor.word("a register name");
      if (cursor.accept("<")) {
        scope.declareRange(name, type, cursor.integer("a register count"));
        cursor.expect(">");
      } else {
        scope.declare(name, type);
      }
    } while (cursor.accept(","));
    cursor.expect(";");
  }

  private void location() {
    fileIndex = cursor.smallInteger("a file number");
    fileLine = cursor.smallInteger("a line number");
    Place here = new Place(fileIndex, fileLine, cursor.integer("a column"));
    inlined = null;
    while (cursor.accept(",")) {
      String what = cursor.word("function_name or inlined_at");
      if (what.equals("inlined_at")) {
        int file = cursor.smallInteger("a file number");
        int line = cursor.smallInteger("a line number");
        // The function that called it may be inlined, too: that was said before.
        int[] outer = callers.get(new Place(file, line, cursor.integer("a column")));
        inlined = outer == null ? new int[] {file, line} : outer;
        callers.put(here, inlined);
      } else {
        cursor.word("a label");
        if (cursor.accept("+")) {
          cursor.integer("an offset");
        }
      }
    }
  }

  private void instruction(Token start) {
    Operand.Reg guard = null;
    if (cursor.accept("@")) {
      boolean negated = cursor.accept("!");
      Token name = cursor.next();
      Register register = scope.register(name.text());
      if (register == null || register.type != Type.PRED) {
        throw cursor.error(name, "wanted a predicate, got " + name);
      }
      guard = new Operand.Reg(register, negated);
    }
    Token opcode = cursor.next();
    if (opcode.kind() != Token.Kind.WORD) {
      throw cursor.error(opcode, "wanted an opcode, got " + opcode);
    }
    List<String> parts = List.of(opcode.text().split("\\."));
    if (parts.isEmpty() || !Vocabulary.has(parts.getFirst())) {
      throw cursor.error(opcode, "wanted an opcode, got " + opcode);
    }
    List<Operand> found = operands(opcode, parts.getFirst());
    body.add(new Instruction(parts, guard, found, start.line(), fileIndex, fileLine, inlined));
    scopeOf.add(scope);
  }

  private List<Operand> operands(Token opcode, String base) {
    cursor.inside(opcode.text());
    try {
      return readable();
    } catch (PtxException e) {
      if (!Vocabulary.mayBeStrange(base) || !cursor.skipStatement()) {
        throw e;
      }
      cursor.expect(";");
      return List.of(new Operand.Unreadable(String.valueOf(e.getMessage())));
    } finally {
      cursor.inside("");
    }
  }

  private List<Operand> readable() {
    List<Operand> found = new ArrayList<>();
    while (!cursor.accept(";")) {
      found.add(operands.operand(scope));
      if (!cursor.peek().is(";") && !cursor.accept(",")) {
        throw cursor.error(cursor.peek(), "wanted ',', got " + cursor.peek());
      }
    }
    return found;
  }
}
