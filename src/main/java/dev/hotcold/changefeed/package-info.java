/** PostgreSQL's log to cache updates: logical replication, decoded and applied in order by one instance at a time. */
@NullMarked
package dev.hotcold.changefeed;

import org.jspecify.annotations.NullMarked;
