/**
 * The hot path: Redis.
 *
 * <p>{@code hot} chooses the node of a user; {@code hot.batch} makes few requests out of what lookups want in a turn;
 * {@code hot.link} sends them and judges the node; {@code hot.connection} is Lettuce; {@code hot.layout} is what Redis holds;
 * {@code hot.near} keeps hot users in memory; {@code hot.deployment} says whose they are; {@code hot.blocking} is for threads that may block.
 */
@NullMarked
package dev.hotcold.hot;

import org.jspecify.annotations.NullMarked;
