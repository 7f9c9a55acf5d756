package dev.hindsight.play;

/// Bounds of the JDK's server, which reads them once, before its first server is made.
final class Limits {
  private Limits() {}

  /// Leaves alone what the user has set.
  static void set() {
    limit("jdk.httpserver.maxConnections", 256);
    limit("sun.net.httpserver.maxIdleConnections", 64);
    limit("sun.net.httpserver.maxReqHeaders", 64);
    limit("sun.net.httpserver.maxReqTime", 30); // seconds, to send a request
    limit("sun.net.httpserver.maxRspTime", 600); // seconds, to take an answer
    if (System.getProperty("sun.net.httpserver.nodelay") == null) {
      System.setProperty("sun.net.httpserver.nodelay", "true"); // pixels are small
    }
  }

  private static void limit(String property, int value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, String.valueOf(value));
    }
  }
}
