/// Turns the instructions of a kernel into ops: inlines functions, places variables and registers,
/// and refuses every opcode and modifier that it does not know.
@NullMarked
package dev.hindsight.softgpu.decode;

import org.jspecify.annotations.NullMarked;
