/// PTX as text and as a module of functions, instructions and variables with their names resolved.
@NullMarked
package dev.hindsight.softgpu.ptx;

import org.jspecify.annotations.NullMarked;
