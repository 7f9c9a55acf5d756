/// What commands ask of a cluster, and who answers: nobody here names one.
@NullMarked
package dev.hindsight.cluster;

import org.jspecify.annotations.NullMarked;
