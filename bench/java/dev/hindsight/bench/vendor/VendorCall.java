package dev.hindsight.bench.vendor;

/// What a vendor's library does in the place of an op.
interface VendorCall extends AutoCloseable {
  /// Its functions: `multiply_mask + cublasSgemm`.
  String functions();

  /// What to know before comparing: what it leaves out or was given ready; may be empty.
  default String note() {
    return "";
  }

  /// Whether a graph may be made of calls: not where one reads host memory that is gone by the time
  /// the graph runs.
  default boolean fitsGraph() {
    return true;
  }

  /// Queues one call.
  ///
  /// @throws VendorException where it fails
  void run();

  /// Whether it is right: the largest difference of its result from ours, as a share of the largest
  /// number of ours. May run both once more.
  double difference();

  @Override
  default void close() {}
}
