@NullMarked
package dev.hindsight.model;

import org.jspecify.annotations.NullMarked;
