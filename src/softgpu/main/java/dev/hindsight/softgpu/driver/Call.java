package dev.hindsight.softgpu.driver;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// A method that answers the driver function of its name (without `_v2`). Its parameters are the C
/// function's: `int` for 32-bit integers and enums, `long` for pointers, handles and sizes, `byte`,
/// `short` and `float` for themselves. It returns on success and throws [DriverException]
/// otherwise.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Call {
  /// What must be there before the function runs.
  enum Needs {
    /// Nothing, not even `cuInit`.
    NOTHING,
    /// `cuInit` was called.
    INIT,
    /// A current context in which no kernel has failed.
    CONTEXT
  }

  Needs needs() default Needs.CONTEXT;

  /// Whether it is refused while this thread captures a stream in another mode than relaxed.
  boolean unsafeInCapture() default false;
}
