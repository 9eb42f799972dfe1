/** Single flight on one event loop; knows nothing of what its calls do. */
@NullMarked
package dev.hotcold.flight;

import org.jspecify.annotations.NullMarked;
