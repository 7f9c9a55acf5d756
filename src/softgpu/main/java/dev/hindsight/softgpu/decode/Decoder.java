package dev.hindsight.softgpu.decode;

import dev.hindsight.softgpu.exec.Op;
import dev.hindsight.softgpu.ptx.Instruction;
import dev.hindsight.softgpu.ptx.Operand;
import dev.hindsight.softgpu.ptx.PtxException;
import java.util.HashMap;
import java.util.Map;

/// Turns instructions into ops. Every opcode and modifier that it does not know is an error.
final class Decoder {
  /// Decodes the instruction that the operands stand at.
  interface Handler {
    Op decode(Operands o, Mods m);
  }

  private static final Map<String, Handler> HANDLERS = handlers();

  private Decoder() {}

  private static Map<String, Handler> handlers() {
    Map<String, Handler> all = new HashMap<>();
    ArithmeticOps.register(all);
    LogicOps.register(all);
    BitOps.register(all);
    CarryOps.register(all);
    VideoOps.register(all);
    FloatOps.register(all);
    CompareOps.register(all);
    ConvertOps.register(all);
    MoveOps.register(all);
    MemoryOps.register(all);
    AtomicOps.register(all);
    ControlOps.register(all);
    WarpOps.register(all);
    MatrixOps.register(all);
    WmmaOps.register(all);
    WgmmaOps.register(all);
    MbarrierOps.register(all);
    ClusterOps.register(all);
    ImageOps.register(all);
    TensorOps.register(all);
    return all;
  }

  static Op decode(Operands o, String file) {
    Instruction source = o.source();
    for (Operand operand : source.operands()) {
      if (operand instanceof Operand.Unreadable(String why)) {
        throw new PtxException(why);
      }
    }
    Mods m = new Mods(source, file);
    Handler handler = HANDLERS.get(source.base());
    if (handler == null) {
      throw m.error("opcode is not supported");
    }
    Op op = handler.decode(o, m);
    m.done();
    return op;
  }
}
