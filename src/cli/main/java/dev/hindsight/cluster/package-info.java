/// What commands need of a cluster. `ClusterProvider` finds an implementation.
@NullMarked
package dev.hindsight.cluster;

import org.jspecify.annotations.NullMarked;
