package dev.hindsight.spark;

import dev.hindsight.error.UserException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.apache.spark.SecurityManager;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.master.Master$;
import org.apache.spark.rpc.RpcAddress;
import org.apache.spark.rpc.RpcEnv;
import scala.Option;

/// Whether the masters of a cluster answer and accept the secret. Spark itself would try for a
/// minute and print a hundred lines.
final class Handshake {
  private static final int PROBE_MILLIS = 3000;
  private static final String STANDALONE = "spark://";

  private Handshake() {}

  /// Whether a cluster has masters of this kind.
  static boolean isStandalone(String master) {
    return master.startsWith(STANDALONE);
  }

  /// The first that answers.
  ///
  /// @param masters `spark://HOST:PORT`, or several, parted by commas
  static String answering(String masters) {
    String refused = "";
    for (String each : masters.substring(STANDALONE.length()).split(",", -1)) {
      int colon = each.lastIndexOf(':');
      if (colon < 1 || !each.substring(colon + 1).matches("\\d{1,5}")) {
        throw new UserException(
            "%s: wanted spark://HOST:PORT; the address is in the master's log".formatted(masters));
      }
      InetSocketAddress address =
          new InetSocketAddress(
              each.substring(0, colon), Integer.parseInt(each.substring(colon + 1)));
      try (Socket probe = new Socket()) {
        if (address.isUnresolved()) {
          refused = "unknown host " + address.getHostString();
          continue;
        }
        probe.connect(address, PROBE_MILLIS);
        return STANDALONE + each;
      } catch (IOException e) {
        refused = String.valueOf(e.getMessage());
      }
    }
    throw new UserException(
        "%s: no Spark master answers (%s); start it, or correct the address"
            .formatted(masters, refused));
  }

  /// Fails where that master does not take the secret of `conf`, or has one and `conf` has none.
  static void require(String one, SparkConf conf) {
    SparkConf once = conf.clone().set("spark.rpc.lookupTimeout", "30s");
    SecurityManager security =
        new SecurityManager(
            once,
            Option.empty(),
            org.apache.spark.internal.config.package$.MODULE$.AUTH_SECRET_FILE());
    RpcEnv env = RpcEnv.create("handshake", Settings.LOOPBACK, 0, once, security, true);
    try {
      env.setupEndpointRef(RpcAddress.fromSparkURL(one), Master$.MODULE$.ENDPOINT_NAME());
    } catch (Exception _) { // Scala declares no checked ones, and SparkException is one
      // not shut down: that would interrupt a thread that is telling its log
      throw new UserException(
          "%s: no Spark %s master with the same secret answers; copy the master's secret file, or name one with --secret"
              .formatted(one, Settings.VERSION));
    }
    env.shutdown();
    env.awaitTermination();
  }
}
