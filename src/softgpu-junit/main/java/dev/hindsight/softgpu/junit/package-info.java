/// JUnit 5 tests of JCuda programs on the software GPU.
@NullMarked
package dev.hindsight.softgpu.junit;

import org.jspecify.annotations.NullMarked;
