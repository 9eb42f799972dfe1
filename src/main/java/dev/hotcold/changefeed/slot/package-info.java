/** The replication slot: its states, how it is ensured, how it is monitored. Blocks the threads of the feed; knows no JDBC. */
@NullMarked
package dev.hotcold.changefeed.slot;

import org.jspecify.annotations.NullMarked;
