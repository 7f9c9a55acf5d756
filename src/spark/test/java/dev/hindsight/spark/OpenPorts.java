package dev.hindsight.spark;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// Where processes listen, from what the kernel tells of them.
final class OpenPorts {
  private static final String LISTENS = "0A";

  private OpenPorts() {}

  static List<InetSocketAddress> of(Stream<ProcessHandle> processes) throws IOException {
    Set<String> sockets = new HashSet<>();
    for (ProcessHandle each : processes.toList()) {
      sockets.addAll(sockets(Path.of("/proc/" + each.pid() + "/fd")));
    }
    List<InetSocketAddress> open = new ArrayList<>();
    for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      for (String line : Files.readAllLines(Path.of(table))) {
        String[] words = line.strip().split("\\s+", -1);
        if (words[3].equals(LISTENS) && sockets.contains("socket:[" + words[9] + "]")) {
          open.add(address(words[1]));
        }
      }
    }
    return open;
  }

  private static Set<String> sockets(Path descriptors) throws IOException {
    Set<String> found = new HashSet<>();
    try (Stream<Path> all = Files.list(descriptors)) {
      for (Path each : all.toList()) {
        try {
          found.add(Files.readSymbolicLink(each).toString());
        } catch (IOException _) {
          // closed meanwhile
        }
      }
    } catch (IOException e) {
      if (Files.exists(descriptors)) { // else the process has ended
        throw e;
      }
    }
    return found;
  }

  /// Of words of four bytes, each written as the processor has it, and a port.
  private static InetSocketAddress address(String hex) throws IOException {
    String[] parts = hex.split(":", -1);
    byte[] bytes = new byte[parts[0].length() / 2];
    for (int k = 0; k < bytes.length; k++) {
      int at = 2 * (k / 4 * 4 + 3 - k % 4);
      bytes[k] = new BigInteger(parts[0].substring(at, at + 2), 16).byteValue();
    }
    return new InetSocketAddress(InetAddress.getByAddress(bytes), Integer.parseInt(parts[1], 16));
  }
}
