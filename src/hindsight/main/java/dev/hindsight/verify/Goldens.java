package dev.hindsight.verify;

import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.Operand;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.catalogue.Reference;
import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import dev.hindsight.format.AtomicFile;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/// Right values of the catalogue in a file, for a machine without the reference.
///
/// Gzip of: a magic word; then per case its name, a hash of its inputs, and per phase and operand
/// that the phase writes the values. Small operands are kept in double. Of large ones the file
/// keeps in float how they differ from what they held before: that rounds by less than a hundredth
/// of what the catalogue allows, and the half of a masked gradient that must not change is zeros.
public final class Goldens implements Reference {
  private static final String MAGIC = "hindsight goldens 1";
  private static final int LARGE = 1 << 10;

  private final Path path;
  private final Map<String, Stored> cases;

  /// @param values by `phase operand`, as stored
  private record Stored(int inputs, Map<String, double[]> values) {}

  private Goldens(Path path, Map<String, Stored> cases) {
    this.path = path;
    this.cases = cases;
  }

  /// Writes the reference's values of these cases.
  public static void write(Path path, List<OpCase> cases, Reference reference) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (DataOutputStream out =
          new DataOutputStream(new BufferedOutputStream(new GZIPOutputStream(bytes), 1 << 16))) {
        out.writeUTF(MAGIC);
        out.writeInt(cases.size());
        for (OpCase opCase : cases) {
          out.writeUTF(opCase.toString());
          out.writeInt(hash(opCase));
          Expected expected = reference.of(opCase);
          write(out, opCase, expected.forward());
          write(out, opCase, expected.backward());
        }
      }
      AtomicFile.write(path, bytes.toByteArray());
    } catch (IOException e) {
      throw IoErrors.failed("cannot write " + path, e);
    }
  }

  private static void write(DataOutputStream out, OpCase opCase, Map<String, double[]> values)
      throws IOException {
    for (Operand o : opCase.operands()) {
      double[] expected = values.get(o.name());
      if (expected == null || o.role() == Role.IN) {
        continue;
      }
      out.writeUTF(o.name());
      out.writeInt(expected.length);
      for (int k = 0; k < expected.length; k++) {
        if (expected.length > LARGE) {
          out.writeFloat((float) (expected[k] - before(o, k)));
        } else {
          out.writeDouble(expected[k]);
        }
      }
    }
    out.writeUTF(""); // no operand is called so
  }

  /// Reads a file of this version's catalogue.
  public static Goldens read(Path path) {
    try (DataInputStream in =
        new DataInputStream(
            new BufferedInputStream(new GZIPInputStream(Files.newInputStream(path)), 1 << 16))) {
      if (!in.readUTF().equals(MAGIC)) {
        throw new IOException("it holds something else");
      }
      Map<String, Stored> cases = new HashMap<>();
      int count = in.readInt();
      for (int c = 0; c < count; c++) {
        String name = in.readUTF();
        Stored stored = new Stored(in.readInt(), new HashMap<>());
        read(in, "forward ", stored.values());
        read(in, "backward ", stored.values());
        cases.put(name, stored);
      }
      return new Goldens(path, cases);
    } catch (IOException e) {
      throw new UserException(
          "%s: cannot be read as goldens (%s); give the file that ./hindsight bundle wrote"
              .formatted(path, IoErrors.reason(e)));
    }
  }

  private static void read(DataInputStream in, String phase, Map<String, double[]> values)
      throws IOException {
    for (String name = in.readUTF(); !name.isEmpty(); name = in.readUTF()) {
      double[] stored = new double[in.readInt()];
      for (int k = 0; k < stored.length; k++) {
        stored[k] = stored.length > LARGE ? in.readFloat() : in.readDouble();
      }
      values.put(phase + name, stored);
    }
  }

  /// Whether the file has values of this case.
  public boolean has(OpCase opCase) {
    return cases.containsKey(opCase.toString());
  }

  @Override
  public Expected of(OpCase opCase) {
    Stored stored = cases.get(opCase.toString());
    if (stored == null || stored.inputs() != hash(opCase)) {
      throw new UserException(
          "%s: has no values for %s as this version defines it; write the bundle again"
              .formatted(path, opCase));
    }
    return new Expected(values(opCase, "forward ", stored), values(opCase, "backward ", stored));
  }

  private static Map<String, double[]> values(OpCase opCase, String phase, Stored stored) {
    Map<String, double[]> values = new HashMap<>();
    for (Operand o : opCase.operands()) {
      double[] kept = stored.values().get(phase + o.name());
      if (o.role() == Role.IN) {
        values.put(o.name(), o.values());
      } else if (kept != null) {
        double[] expected = kept.clone();
        if (kept.length > LARGE) {
          Arrays.setAll(expected, k -> kept[k] + before(o, k));
        }
        values.put(o.name(), expected);
      }
    }
    return values;
  }

  private static double before(Operand o, int k) {
    return o.role() == Role.GRADIENT || o.role() == Role.UPDATED ? o.values()[k] : 0;
  }

  private static int hash(OpCase opCase) {
    int hash = 1;
    for (Operand o : opCase.operands()) {
      hash = 31 * hash + Arrays.hashCode(o.values());
    }
    return hash;
  }
}
