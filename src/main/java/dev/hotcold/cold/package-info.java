/**
 * The cold path: PostgreSQL as one event loop uses it, and its settings. A miss goes through the rooms in this order: {@code
 * batch} (it waits, and becomes part of a query), {@code pool} (an idle connection takes the query), {@code driver} (the
 * query itself, by the Vert.x client).
 */
@NullMarked
package dev.hotcold.cold;

import org.jspecify.annotations.NullMarked;
