package dev.hindsight.spark;

import dev.hindsight.error.UserException;
import dev.hindsight.exchange.ExchangeKind;
import dev.hindsight.exchange.NcclReport;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How workers exchange gradients. All of them, and the driver, make the same choice, since it
/// follows from the fingerprints of all.
///
/// @param kind [ExchangeKind#TCP] or [ExchangeKind#NCCL]
/// @param why it is not NCCL though it might be, or which version it is; empty where that is clear
/// @param refusal what is wrong, and what to do; empty where nothing is
record ExchangeChoice(ExchangeKind kind, String why, String refusal) {
  private static final String REMEDY = "; or give --exchange tcp";

  /// @param asked for by the user
  static ExchangeChoice of(ExchangeKind asked, List<Fingerprint> workers) {
    if (asked == ExchangeKind.TCP) {
      return new ExchangeChoice(ExchangeKind.TCP, "", "");
    }
    String unequal = unequal(workers);
    if (unequal != null) {
      return new ExchangeChoice(
          ExchangeKind.TCP, "", unequal + "; install the same on all" + REMEDY);
    }
    String missing = missing(workers);
    if (missing == null) {
      return new ExchangeChoice(ExchangeKind.NCCL, workers.getFirst().nccl().version(), "");
    }
    boolean noGpu = workers.stream().allMatch(worker -> worker.nccl().gpu().isEmpty());
    return asked == ExchangeKind.NCCL
        ? new ExchangeChoice(ExchangeKind.TCP, "", missing + REMEDY)
        : new ExchangeChoice(ExchangeKind.TCP, noGpu ? "" : missing, "");
  }

  /// Two workers whose versions of NCCL differ, in words; null where there are none.
  private static @Nullable String unequal(List<Fingerprint> workers) {
    Fingerprint first = null;
    for (Fingerprint each : workers) {
      if (each.nccl().gpu().isEmpty() || each.nccl().version().isEmpty()) {
        continue;
      }
      first = first == null ? each : first;
      if (!first.nccl().version().equals(each.nccl().version())) {
        return "%s has NCCL %s but %s has NCCL %s"
            .formatted(first.place(), first.nccl().version(), each.place(), each.nccl().version());
      }
    }
    return null;
  }

  /// Why the workers cannot exchange by NCCL; null where they can.
  private static @Nullable String missing(List<Fingerprint> workers) {
    Map<String, Fingerprint> gpus = new HashMap<>();
    for (Fingerprint each : workers) {
      NcclReport nccl = each.nccl();
      if (nccl.gpu().isEmpty()) {
        return "%s runs on %s, but NCCL needs GPUs".formatted(each.place(), each.backend());
      }
      if (nccl.version().isEmpty()) {
        return "%s has no NCCL: %s".formatted(each.place(), nccl.detail());
      }
      Fingerprint before = gpus.put(nccl.gpu(), each);
      if (before != null && !nccl.shares()) {
        return "%s and %s share a GPU, which this NCCL does not support; give each its own GPU, see docs/cluster.md"
            .formatted(before.place(), each.place());
      }
    }
    return null;
  }

  /// @throws UserException when there is something wrong
  void require() {
    if (!refusal.isEmpty()) {
      throw new UserException(refusal);
    }
  }

  /// `NCCL 2.27.3`, or `TCP` and why.
  @Override
  public String toString() {
    if (kind == ExchangeKind.NCCL) {
      return "NCCL " + why;
    }
    return why.isEmpty() ? "TCP" : "TCP (%s)".formatted(why);
  }
}
