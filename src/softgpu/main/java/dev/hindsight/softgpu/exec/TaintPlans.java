package dev.hindsight.softgpu.exec;

import java.util.Map;
import java.util.WeakHashMap;

/// The plans of programs that have loaded something unwritten.
final class TaintPlans {
  private static final Map<Program, TaintPlan> ALL = new WeakHashMap<>();

  private TaintPlans() {}

  static synchronized TaintPlan of(Program program) {
    return ALL.computeIfAbsent(program, p -> new TaintPlan(p.code()));
  }
}
