/**
 * PostgreSQL's log to cache updates, by logical replication. Of all instances one is the owner of the replication slot and
 * applies changes in order; the others stand by.
 *
 * <p>{@code postgres} holds all SQL, {@code slot} ensures and monitors the replication slot, {@code pgoutput} decodes the
 * log, {@code apply} brings its changes into the hot store; {@link dev.hotcold.changefeed.ChangeFeed} puts them together on a
 * thread of its own, which it blocks.
 */
@NullMarked
package dev.hotcold.changefeed;

import org.jspecify.annotations.NullMarked;
