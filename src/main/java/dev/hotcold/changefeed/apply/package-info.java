/**
 * One session of the change feed: decoded changes go to the hot store in batches, in order, each once new readers see it, and
 * are acknowledged when they are applied. Blocks the feed's own thread; knows neither JDBC nor Redis.
 */
@NullMarked
package dev.hotcold.changefeed.apply;

import org.jspecify.annotations.NullMarked;
