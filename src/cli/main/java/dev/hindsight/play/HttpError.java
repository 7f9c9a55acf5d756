package dev.hindsight.play;

/// What the page asked for cannot be had: a status of HTTP and one line for people.
final class HttpError extends Exception {
  private static final long serialVersionUID = 1;

  private final int status;

  HttpError(int status, String line) {
    super(line);
    this.status = status;
  }

  int status() {
    return status;
  }

  String line() {
    return String.valueOf(getMessage());
  }
}
