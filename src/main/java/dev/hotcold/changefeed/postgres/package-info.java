/** The change feed's queries, in SQL, and its use of the replication protocol. Blocks the threads of the feed. */
@NullMarked
package dev.hotcold.changefeed.postgres;

import org.jspecify.annotations.NullMarked;
