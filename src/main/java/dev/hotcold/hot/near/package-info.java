/** The near cache: hot users in the memory of an event loop, invalidated by Redis. */
@NullMarked
package dev.hotcold.hot.near;

import org.jspecify.annotations.NullMarked;
