/** The read-through algorithm and its ports; knows neither Redis, SQL nor HTTP. */
@NullMarked
package dev.hotcold.lookup;

import org.jspecify.annotations.NullMarked;
