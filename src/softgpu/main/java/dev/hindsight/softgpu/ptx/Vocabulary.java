package dev.hindsight.softgpu.ptx;

import java.util.Set;

/// The opcodes of PTX, known to the software GPU or not: a text that has another one is no PTX.
final class Vocabulary {
  private static final Set<String> OPCODES =
      Set.of(
          ("abs activemask add addc alloca and applypriority atom bar barrier bfe bfi bfind bmsk bra"
                  + " brev brkpt brx call clusterlaunchcontrol clz cnot copysign cos cp createpolicy"
                  + " cvt cvta discard div dp2a dp4a elect ex2 exit fence fma fns getctarank"
                  + " griddepcontrol isspacep istypep ld ldmatrix ldu lg2 lop3 mad mad24 madc mapa"
                  + " match max mbarrier membar min mma mov movmatrix mul mul24 multimem nanosleep"
                  + " neg nop not or pmevent popc prefetch prefetchu prmt rcp red redux rem ret rsqrt"
                  + " sad selp set setmaxnreg setp shf shfl shl shr sin slct sqrt st stackrestore"
                  + " stacksave stmatrix sub subc suld suq sured sust szext tanh tcgen05 tensormap"
                  + " testp tex tld4 trap txq vabsdiff vabsdiff2 vabsdiff4 vadd vadd2 vadd4 vavrg2"
                  + " vavrg4 vmad vmax vmax2 vmax4 vmin vmin2 vmin4 vote vset vset2 vset4 vshl vshr"
                  + " vsub vsub2 vsub4 wgmma wmma xor")
              .split(" "));

  /// Opcodes of which some forms have operands like no others, such as `[map, {x, y}]`.
  private static final Set<String> STRANGE =
      Set.of(
          "cp",
          "prefetch",
          "multimem",
          "tensormap",
          "wgmma",
          "tcgen05",
          "call",
          "brx",
          "tex",
          "tld4");

  private Vocabulary() {}

  static boolean has(String base) {
    return OPCODES.contains(base);
  }

  /// Whether operands that cannot be read are no mistake of the text.
  static boolean mayBeStrange(String base) {
    return STRANGE.contains(base);
  }
}
