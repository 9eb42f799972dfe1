/** Reads, leases and fills: what lookups want of a Redis node in a turn, as few requests. */
@NullMarked
package dev.hotcold.hot.batch;

import org.jspecify.annotations.NullMarked;
