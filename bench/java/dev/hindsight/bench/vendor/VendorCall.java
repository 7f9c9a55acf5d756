package dev.hindsight.bench.vendor;

import java.util.function.DoubleSupplier;

/// What a vendor's library does in the place of a phase of an op.
///
/// @param functions that it calls: `multiply_mask + cublasSgemm`
/// @param note what to know before comparing: what it leaves out or was given ready; may be empty
/// @param run queues one call; throws [VendorException] where it fails
/// @param difference whether it is right: the largest difference of its result from ours, as a
///   share of our largest number; may run both once more
record VendorCall(String functions, String note, Runnable run, DoubleSupplier difference) {}
