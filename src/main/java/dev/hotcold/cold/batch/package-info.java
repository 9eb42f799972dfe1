/** Misses on their way to PostgreSQL: they wait, are shed, or share a query whose size follows what queries cost. */
@NullMarked
package dev.hotcold.cold.batch;

import org.jspecify.annotations.NullMarked;
