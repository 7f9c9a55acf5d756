package dev.hindsight.softgpu.driver;

/// `CUstreamCaptureMode`: which calls a running capture forbids, in the order of its numbers.
enum CaptureMode {
  GLOBAL(0),
  THREAD_LOCAL(1),
  RELAXED(2);

  final int number;

  CaptureMode(int number) {
    this.number = number;
  }

  static CaptureMode of(int number) {
    DriverException.require(
        number >= 0 && number < values().length, "wanted a capture mode 0..2, got %d", number);
    return values()[number];
  }
}
