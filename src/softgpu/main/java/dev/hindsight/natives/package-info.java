/// C code in this process: the folders that it is loaded from, JCuda's libraries, calls to
/// functions.
@NullMarked
package dev.hindsight.natives;

import org.jspecify.annotations.NullMarked;
