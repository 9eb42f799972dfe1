/**
 * The connection pool of one event loop, and the two interfaces that it needs: what a connection must do, and what opens one.
 * Knows no driver, so that tests script both.
 */
@NullMarked
package dev.hotcold.cold.pool;

import org.jspecify.annotations.NullMarked;
