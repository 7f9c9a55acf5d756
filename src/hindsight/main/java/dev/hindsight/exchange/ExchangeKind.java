package dev.hindsight.exchange;

/// How workers reach each other.
public enum ExchangeKind {
  /// [#NCCL] where all have it, else [#TCP].
  AUTO,
  /// From host to host, see [TcpExchange].
  TCP,
  /// From GPU to GPU, see [NcclExchange].
  NCCL
}
