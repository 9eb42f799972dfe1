/** Whose cache a Redis has: the mark that says so, and what of it each event loop goes by. */
@NullMarked
package dev.hotcold.hot.deployment;

import org.jspecify.annotations.NullMarked;
