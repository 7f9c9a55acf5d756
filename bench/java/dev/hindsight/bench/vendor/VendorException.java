package dev.hindsight.bench.vendor;

/// A vendor's library that is missing or fails, in one line: what was wanted, what was got, what to
/// do.
public final class VendorException extends RuntimeException {
  private static final long serialVersionUID = 1;

  VendorException(String message) {
    super(message);
  }
}
