package dev.hotcold.changefeed.apply;

import dev.hotcold.freshness.Lsn;

/**
 * Where in the log a session begins.
 *
 * @param acknowledged where the slot stands
 * @param endOfLog end of the log when the session began: changes before it may have been applied already by another session,
 *     together with later ones, so that what is cached is removed instead of replaced
 */
public record StartPosition(Lsn acknowledged, Lsn endOfLog) {}
