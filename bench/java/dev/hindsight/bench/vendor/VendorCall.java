package dev.hindsight.bench.vendor;

/// What a vendor's library does in the place of an op.
interface VendorCall extends AutoCloseable {
  /// Its functions: `multiply_mask + cublasSgemm`.
  String functions();

  /// What to know before comparing: what it leaves out or was given ready; may be empty.
  default String note() {
    return "";
  }

  /// Queues one call.
  ///
  /// @throws VendorException where it fails
  void run();

  /// Whether it is right: the largest difference of its last result from ours, which forward has
  /// left in the case, as a share of the largest number of ours.
  double difference();

  @Override
  default void close() {}
}
