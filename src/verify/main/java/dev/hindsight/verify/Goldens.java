package dev.hindsight.verify;

import dev.hindsight.catalogue.OpCase;
import dev.hindsight.catalogue.Operand;
import dev.hindsight.catalogue.Operand.Role;
import dev.hindsight.catalogue.Reference;
import dev.hindsight.error.IoErrors;
import dev.hindsight.error.UserException;
import dev.hindsight.format.AtomicFile;
import dev.hindsight.tensor.ElementType;
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
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/// Right values of the catalogue in a file, for a machine without the reference.
///
/// Gzip of: a magic word; then per case, once for each type that activations may be stored in, its
/// name, a hash of its inputs, and per phase and operand that the phase writes how its values
/// differ, in float, from what they were before: that rounds by less than a hundredth of what the
/// catalogue allows, and the half of a masked gradient that must not change is zeros.
public final class Goldens implements Reference {
  private static final String MAGIC = "hindsight goldens 4";
  private static final int SMALL = 1 << 12;

  private final Path path;
  private final Map<String, Stored> cases;

  /// @param values by `phase operand`, as stored
  private record Stored(int inputs, Map<String, float[]> values) {}

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
        List<OpCase> all = cases.stream().flatMap(c -> types(c).map(c::in)).toList();
        out.writeInt(all.size());
        for (OpCase opCase : all) {
          out.writeUTF(name(opCase));
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

  /// What activations of a case may be stored in; another type than fp32 for small cases only,
  /// since values hardly compress.
  private static Stream<ElementType> types(OpCase opCase) {
    boolean stored = opCase.operands().stream().anyMatch(Operand::stored);
    boolean small = opCase.operands().stream().allMatch(o -> o.shape().size() <= SMALL);
    return Stream.of(ElementType.FP32, ElementType.BF16)
        .filter(type -> type == ElementType.FP32 || (stored && small));
  }

  private static String name(OpCase opCase) {
    return opCase.storage() == ElementType.FP32 ? "" + opCase : opCase + " in " + opCase.storage();
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
        out.writeFloat((float) (expected[k] - before(o, k)));
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

  private static void read(DataInputStream in, String phase, Map<String, float[]> values)
      throws IOException {
    for (String name = in.readUTF(); !name.isEmpty(); name = in.readUTF()) {
      float[] stored = new float[in.readInt()];
      for (int k = 0; k < stored.length; k++) {
        stored[k] = in.readFloat();
      }
      values.put(phase + name, stored);
    }
  }

  /// Whether the file has values of this case.
  public boolean has(OpCase opCase) {
    return cases.containsKey(name(opCase));
  }

  @Override
  public Expected of(OpCase opCase) {
    Stored stored = cases.get(name(opCase));
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
      float[] kept = stored.values().get(phase + o.name());
      if (o.role() == Role.IN) {
        values.put(o.name(), o.values());
      } else if (kept != null) {
        double[] expected = new double[kept.length];
        Arrays.setAll(expected, k -> kept[k] + before(o, k));
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
