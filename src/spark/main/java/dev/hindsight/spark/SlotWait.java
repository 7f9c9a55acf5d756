package dev.hindsight.spark;

/// How many slots are waited for, and how long.
///
/// @param quietNanos some have come; after so long without a further one no more are waited for
/// @param patienceNanos after so long none are waited for
record SlotWait(int wanted, long quietNanos, long patienceNanos) {
  private static final long SECOND = 1_000_000_000;
  private static final long QUIET_NANOS = 10 * SECOND;

  /// For the start of a command. A requested number is waited for; without one, those that come are
  /// enough.
  ///
  /// @param asked how many were asked for; 0 = as many as come
  /// @param known how many there can be; the largest number if unknown
  /// @param patience in seconds
  static SlotWait first(int asked, int known, long patience) {
    boolean quietly = asked == 0 && known == Integer.MAX_VALUE;
    return new SlotWait(
        Math.min(asked > 0 ? asked : known, known),
        quietly ? QUIET_NANOS : Long.MAX_VALUE,
        patience * SECOND);
  }

  /// For those that were there before one was lost: with fewer it goes on, too.
  static SlotWait again(int wanted, long patience) {
    return new SlotWait(wanted, QUIET_NANOS, patience * SECOND);
  }

  /// Whether the wait is over.
  ///
  /// @param now how many there are
  /// @param unchangedNanos for how long they have been as many
  /// @param waitedNanos in all
  boolean ends(int now, long unchangedNanos, long waitedNanos) {
    return now >= wanted || (now > 0 && unchangedNanos > quietNanos) || waitedNanos > patienceNanos;
  }
}
