package dev.hindsight.predict;

import dev.hindsight.error.UserException;

/// What was asked for is done in a way that is not predicted.
public final class NotPredictedException extends UserException {
  private static final long serialVersionUID = 1;

  NotPredictedException(String message) {
    super(message);
  }
}
