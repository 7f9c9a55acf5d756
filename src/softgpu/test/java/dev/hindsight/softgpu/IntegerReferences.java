package dev.hindsight.softgpu;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/// What the kernels of [CorpusIntegersTest] are to compute, by plainer ways.
final class IntegerReferences {
  private IntegerReferences() {}

  static int[] numbers(int count) {
    return new Random(count).ints(count, 0, 1000).toArray();
  }

  static int[] each(int count, IntUnaryOperator value) {
    return IntStream.range(0, count).map(value).toArray();
  }

  static IntStream part(int[] x, int from, int size) {
    return Arrays.stream(x, Math.min(from, x.length), Math.min(from + size, x.length));
  }

  static int[] bins(int[] x) {
    int[] bins = new int[16];
    Arrays.stream(x).forEach(v -> bins[v & 15]++);
    return bins;
  }

  static int[] sorted(int[] x) {
    return Arrays.stream(x).sorted().toArray();
  }

  static int[] transposed(int[] x) {
    return each(19 * 19, i -> x[i % 19 * 19 + i / 19]);
  }

  /// Both ways between some of 50 nodes; two parts at least stay apart.
  static int[] graph() {
    Random random = new Random(3);
    List<List<Integer>> next = new ArrayList<>();
    IntStream.range(0, 50).forEach(_ -> next.add(new ArrayList<>()));
    for (int e = 0; e < 45; e++) {
      int a = random.nextInt(50);
      int b = random.nextInt(25) * 2 + a % 2;
      next.get(a).add(b);
      next.get(b).add(a);
    }
    List<Integer> flat = new ArrayList<>(List.of(0));
    next.forEach(of -> flat.add(flat.getLast() + of.size()));
    next.forEach(flat::addAll);
    return flat.stream().mapToInt(i -> i).toArray();
  }

  static int[] levels(int[] graph, int from) {
    int[] level = new int[50];
    Arrays.fill(level, -1);
    level[from] = 0;
    Deque<Integer> queue = new ArrayDeque<>(List.of(from));
    while (!queue.isEmpty()) {
      int at = queue.remove();
      for (int e = graph[at]; e < graph[at + 1]; e++) {
        int to = graph[51 + e];
        if (level[to] < 0) {
          level[to] = level[at] + 1;
          queue.add(to);
        }
      }
    }
    return level;
  }

  static int[] components(int[] graph) {
    int[] label = each(50, i -> 50);
    for (int from = 49; from >= 0; from--) {
      int[] level = levels(graph, from);
      for (int i = 0; i < 50; i++) {
        label[i] = level[i] >= 0 ? from : label[i];
      }
    }
    return label;
  }

  static int path(int[] x, int n, int from, int to, int through) {
    if (through == 0) {
      return x[from * n + to];
    }
    int k = through - 1;
    int direct = path(x, n, from, to, k);
    return Math.min(direct, path(x, n, from, k, k) + path(x, n, k, to, k));
  }

  static int circle(int seed) {
    int s = seed | 1;
    int in = 0;
    for (int k = 0; k < 64; k++) {
      long[] at = new long[2];
      for (int d = 0; d < 2; d++) {
        s ^= s << 13;
        s ^= s >>> 17;
        s ^= s << 5;
        at[d] = Integer.toUnsignedLong(s) >> 16;
      }
      in += at[0] * at[0] + at[1] * at[1] < 1L << 32 ? 1 : 0;
    }
    return in;
  }

  static int escape(int at, int n) {
    float cr = at % n * 3.0f / n - 2;
    float ci = Math.floorDiv(at, n) * 2.0f / n - 1;
    float a = 0;
    float b = 0;
    for (int k = 0; k < 50; k++) {
      if (a * a + b * b >= 4) {
        return k;
      }
      float next = a * a - b * b + cr;
      b = 2 * a * b + ci;
      a = next;
    }
    return 50;
  }

  static int distance(int[] x, int i, int j) {
    if (i == 0 || j == 0) {
      return i + j;
    }
    int[][] d = new int[i + 1][j + 1];
    for (int a = 0; a <= i; a++) {
      for (int b = 0; b <= j; b++) {
        d[a][b] =
            a == 0 || b == 0
                ? a + b
                : Math.min(
                    1 + Math.min(d[a - 1][b], d[a][b - 1]),
                    d[a - 1][b - 1] + ((x[a - 1] & 3) == (x[i + b - 1] & 3) ? 0 : 1));
      }
    }
    return d[i][j];
  }

  static int fill(int[] x, int things, int room) {
    int[] best = new int[room + 1];
    for (int k = 0; k < things; k++) {
      for (int r = room; r >= (x[2 * k] & 31); r--) {
        best[r] = Math.max(best[r], best[r - (x[2 * k] & 31)] + (x[2 * k + 1] & 255));
      }
    }
    return best[room];
  }

  static int interpret(int program, int i) {
    int a = i;
    int b = 1;
    for (int k = 0; k < 30; k += 3) {
      int t = a;
      switch (program >> k & 7) {
        case 0 -> a += b;
        case 1 -> a -= 3 * b;
        case 2 -> b = a ^ b;
        case 3 -> a = a * b + 1;
        case 4 -> {
          a = b;
          b = t;
        }
        case 5 -> b = b / 2 + a % 7;
        case 6 -> a = a > b ? a - b : b - a;
        default -> b = ~b;
      }
    }
    return a * 31 + b;
  }

  static int[] runs(int[] x) {
    int[] y = new int[2 * x.length + 1];
    int count = 0;
    for (int i = 0; i < x.length; i++) {
      if (i == 0 || x[i] / 4 != x[i - 1] / 4) {
        y[2 * count] = x[i] / 4;
        count++;
      }
      y[2 * count - 1]++;
    }
    y[2 * x.length] = count;
    return y;
  }

  static int[] odd(int[] x) {
    int[] y = Arrays.copyOf(Arrays.stream(x).filter(v -> (v & 1) == 1).toArray(), x.length + 1);
    y[x.length] = (int) Arrays.stream(x).filter(v -> (v & 1) == 1).count();
    return y;
  }

  static int[] halves(int count) {
    int[] x = numbers(count);
    Arrays.sort(x, 0, count / 2);
    Arrays.sort(x, count / 2, count);
    return x;
  }

  static int[] segments(int[] x) {
    int[] y = x.clone();
    for (int i = 1; i < y.length; i++) {
      y[i] += x[i] < 0 ? 0 : y[i - 1];
    }
    return y;
  }

  static int dot(int a, int b, int start) {
    int sum = start;
    for (int at = 0; at < 32; at += 8) {
      sum += (byte) (a >> at) * (byte) (b >> at);
    }
    return sum;
  }

  static int gcd(int a, int b) {
    return BigInteger.valueOf(a).gcd(BigInteger.valueOf(b)).intValue();
  }

  static int lower(int[] x, int i) {
    return (int) part(x, i / 32 * 32, i % 32).filter(v -> v % 2 == 1).count();
  }
}
