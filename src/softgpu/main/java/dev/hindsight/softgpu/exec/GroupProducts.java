package dev.hindsight.softgpu.exec;

import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.Register;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// `wgmma` without its product, and which instructions of a kernel it concerns.
public final class GroupProducts {
  private GroupProducts() {}

  /// `wgmma.fence`.
  public static Op fence() {
    return Op.of((w, _) -> w.products().fence());
  }

  /// `wgmma.commit_group`.
  public static Op commit() {
    return Op.of((w, _) -> w.products().commit());
  }

  /// `wgmma.wait_group`.
  public static Op await(int allowed) {
    return Op.of((w, _) -> w.products().await(w, allowed));
  }

  /// Watches the instructions whose registers products have, where the code has any. Moves are no
  /// use of what they move: compilers make and remove them.
  public static void watch(Op[] code) {
    Map<Register, Integer> numbers = new HashMap<>();
    for (Op op : code) {
      if (op instanceof GroupMatrix product) {
        List<Operand> operands = op.source.operands();
        product.sums = numbers(operands.getFirst(), numbers, true);
        product.factors =
            numbers(operands.get(1), numbers, operands.get(1) instanceof Operand.Vector);
      }
    }
    for (int pc = 0; pc < code.length && !numbers.isEmpty(); pc++) {
      Op op = code[pc];
      if (op.flow() != Op.Flow.NEXT || op.source.base().equals("mov")) {
        continue;
      }
      List<Operand> operands = op.source.operands();
      boolean result = op.source.hasResult();
      int[] writes =
          result ? numbers(operands.subList(0, Math.min(1, operands.size())), numbers) : new int[0];
      int[] reads =
          numbers(
              operands.subList(result ? Math.min(1, operands.size()) : 0, operands.size()),
              numbers);
      if (reads.length + writes.length > 0) {
        code[pc] = new AsyncProducts.Watched(op, reads, writes);
      }
    }
  }

  private static int[] numbers(List<Operand> operands, Map<Register, Integer> numbers) {
    return operands.stream().flatMapToInt(o -> Arrays.stream(numbers(o, numbers, false))).toArray();
  }

  private static int[] numbers(Operand operand, Map<Register, Integer> numbers, boolean adds) {
    List<Operand> items =
        operand instanceof Operand.Vector(List<Operand> list) ? list : List.of(operand);
    return items.stream()
        .filter(Operand.Reg.class::isInstance)
        .map(item -> ((Operand.Reg) item).register())
        .filter(r -> adds || numbers.containsKey(r))
        .mapToInt(r -> numbers.computeIfAbsent(r, _ -> numbers.size()))
        .toArray();
  }
}
