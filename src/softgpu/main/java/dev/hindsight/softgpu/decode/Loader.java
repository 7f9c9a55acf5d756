package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.base.KernelParameter;
import dev.hindsight.softgpu.check.SourceLines;
import dev.hindsight.softgpu.exec.Access;
import dev.hindsight.softgpu.exec.AsyncCopy;
import dev.hindsight.softgpu.exec.AsyncStore;
import dev.hindsight.softgpu.exec.AtomicOp;
import dev.hindsight.softgpu.exec.Branch;
import dev.hindsight.softgpu.exec.BulkCopy;
import dev.hindsight.softgpu.exec.GroupMatrix;
import dev.hindsight.softgpu.exec.GroupProducts;
import dev.hindsight.softgpu.exec.MoveMatrix;
import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.exec.Program;
import dev.hindsight.softgpu.exec.TensorCopy;
import dev.hindsight.softgpu.exec.TensorMapOp;
import dev.hindsight.softgpu.ptx.Function;
import dev.hindsight.softgpu.ptx.Instruction;
import dev.hindsight.softgpu.ptx.Module;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.PtxException;
import dev.hindsight.softgpu.ptx.Variable;
import java.util.List;
import java.util.Map;

/// Makes programs of the entry points of a module.
public final class Loader {
  private static final int FINEST_USEFUL_GRANULE = 4;

  private final Module module;
  private final Map<Variable, Long> globals;
  private final Map<Variable, String> refused;
  private final SourceLines sources;

  /// @param globals device addresses of the module's variables
  /// @param refused variables that no kernel may use, and why
  public Loader(Module module, Map<Variable, Long> globals, Map<Variable, String> refused) {
    this.module = module;
    this.globals = globals;
    this.refused = refused;
    this.sources = new SourceLines(module);
  }

  /// A program and what a launch must know about it.
  ///
  /// @param refusal why it cannot run; empty where it can
  public record Loaded(Program program, LoadedLayout layout, String refusal) {}

  /// Sizes and parameters of a kernel.
  public record LoadedLayout(List<KernelParameter> parameters, int parameterBytes, int registers) {}

  /// What a kernel is without its code that the software GPU cannot run.
  public Loaded load(Function entry) {
    try {
      return executable(entry);
    } catch (PtxException e) {
      Layout layout = new Layout(entry.parameters(), List.of(), List.of(), globals, refused);
      Program none = program(entry, layout, new Slots().decided(), new Op[0]);
      return new Loaded(
          none,
          new LoadedLayout(layout.parameters, layout.parameterBytes, 0),
          String.valueOf(e.getMessage()));
    }
  }

  private Loaded executable(Function entry) {
    Inliner inliner = new Inliner(module, entry);
    Layout layout = new Layout(entry.parameters(), inliner.locals, inliner.code, globals, refused);
    Slots voting = new Slots();
    decode(inliner, layout, voting);
    Liveness liveness = new Liveness(inliner);
    Slots slots = voting.decided();
    slots.share(liveness.lifetimes());
    Op[] code = decode(inliner, layout, slots);
    if (!inliner.stacks.isEmpty()) {
      new Linker(module, inliner, liveness).link(code, slots, layout);
    }
    Program program = program(entry, layout, slots, code);
    GroupProducts.watch(code);
    return new Loaded(
        program,
        new LoadedLayout(
            layout.parameters, layout.parameterBytes, liveness.registers(entry.bounds())),
        "");
  }

  private Op[] decode(Inliner inliner, Layout layout, Slots slots) {
    Operands operands = new Operands(slots, layout, module.name(), inliner.code.getFirst());
    Op[] code = new Op[inliner.code.size()];
    for (int pc = 0; pc < code.length; pc++) {
      Instruction one = inliner.code.get(pc);
      operands.at(one);
      Op op = Decoder.decode(operands, module.name());
      op.pc = pc;
      op.source = one;
      Operand.Reg guard = one.guard();
      if (guard != null) {
        op.guard = slots.index(guard.register());
        op.guardNegated = guard.negated();
      }
      if (one.base().equals("selp") && one.operands().getLast() instanceof Operand.Reg p) {
        op.selector = slots.index(p.register());
        op.selectorNegated = p.negated();
      }
      if (op instanceof Branch branch) {
        Integer target = inliner.targets.get(pc);
        if (target == null) {
          throw new PtxException(module.name() + " line " + one.line() + ": branch to nowhere");
        }
        branch.target = target;
      }
      code[pc] = op;
    }
    return code;
  }

  private Program program(Function entry, Layout layout, Slots slots, Op[] code) {
    int granule = FINEST_USEFUL_GRANULE;
    boolean async = false;
    boolean reads = false;
    for (Op op : code) {
      switch (op) {
        case Access.Shared shared -> granule = Math.min(granule, shared.data.width());
        case Access.Generic generic -> granule = Math.min(granule, generic.data.width());
        case MoveMatrix matrix -> granule = Math.min(granule, matrix.width());
        case AtomicOp atomic -> granule = Math.min(granule, atomic.width());
        case AsyncCopy _ -> async = true;
        case TensorCopy copy -> {
          async = true;
          reads |= copy.stores();
        }
        case BulkCopy copy -> {
          granule = Math.min(granule, copy.toShared() ? copy.width() : granule);
          async |= !copy.reduces();
          reads |= copy.fromShared();
        }
        case TensorMapOp replaced -> granule = Math.min(granule, replaced.width());
        case AsyncStore store -> {
          granule = Math.min(granule, store.width());
          async = true;
        }
        case GroupMatrix _ -> reads = true;
        default -> {}
      }
    }
    return new Program(
        entry.name(),
        code,
        slots.registers(),
        layout.shared(granule),
        layout.localBytes,
        async,
        reads,
        pc -> sources.site(code[pc].source));
  }
}
