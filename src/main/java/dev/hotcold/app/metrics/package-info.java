/** Meters of what several components know: how fresh the cache is, and what the public server refuses. */
@NullMarked
package dev.hotcold.app.metrics;

import org.jspecify.annotations.NullMarked;
