/** All that the change feed asks of PostgreSQL, in SQL and by its replication protocol. Blocks the threads of the feed. */
@NullMarked
package dev.hotcold.changefeed.postgres;

import org.jspecify.annotations.NullMarked;
