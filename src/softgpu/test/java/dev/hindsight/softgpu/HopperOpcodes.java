package dev.hindsight.softgpu;

/// What needs PTX 7.8 and sm_90: comparisons of bf16.
final class HopperOpcodes extends HalfOpcodes {
  HopperOpcodes() {
    super("bf16", "s32");
    pair("set.neu.bf16x2.bf16x2", "neu", "bf16", one("bf16"));
    bits("set.lt.bf16.bf16", "b16 bf16 bf16", (a, b) -> holds("lt", "bf16", a, b) * one("bf16"));
    // 2^-127 is subnormal.
    constant("mov.b16 $d, 0xC2FE; ex2.approx.ftz.bf16 $d, $d", "b16", 0);
    constant("mov.b16 $d, 0xC2FC; ex2.approx.ftz.bf16 $d, $d", "b16", 0x80);
  }
}
