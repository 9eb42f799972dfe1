/** The service put together from its components: wiring, start and graceful shutdown. */
@NullMarked
package dev.hotcold.app;

import org.jspecify.annotations.NullMarked;
