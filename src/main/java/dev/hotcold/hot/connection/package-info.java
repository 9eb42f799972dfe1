/** Connections to Redis by Lettuce: endpoint, options, pinning to an event loop. */
@NullMarked
package dev.hotcold.hot.connection;

import org.jspecify.annotations.NullMarked;
