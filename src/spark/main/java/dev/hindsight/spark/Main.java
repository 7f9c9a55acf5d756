package dev.hindsight.spark;

/// The command line for `spark-submit --class dev.hindsight.spark.Main`.
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    dev.hindsight.cli.Main.main(args);
  }
}
