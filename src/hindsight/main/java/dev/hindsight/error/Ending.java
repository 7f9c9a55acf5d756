package dev.hindsight.error;

import java.util.concurrent.CountDownLatch;

/// The end of this process by a signal: its parts stop in any order, and what fails because another
/// has stopped is no failure that anybody should read of.
public final class Ending {
  private static final Thread NO_HOOK = new Thread(() -> {});

  private Ending() {}

  /// Returns where the process goes on. Where it is ending, its shutdown hooks have the last word
  /// and the signal decides the exit code: this never returns then.
  public static void leaveItTheLastWord() {
    try {
      Runtime.getRuntime().removeShutdownHook(NO_HOOK);
    } catch (IllegalStateException _) { // "Shutdown in progress"
      for (CountDownLatch never = new CountDownLatch(1); ; ) {
        try {
          never.await();
        } catch (InterruptedException _) {
          // who stops the others need not stop this
        }
      }
    }
  }
}
