/** Duplicate suppression on one event loop; knows nothing of what flies. */
@NullMarked
package dev.hotcold.flight;

import org.jspecify.annotations.NullMarked;
