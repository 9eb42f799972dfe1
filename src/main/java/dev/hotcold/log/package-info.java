/**
 * What may stand in the log: texts that cannot forge a line, without user ids, and one line of a kind a minute. Logback calls it,
 * by its configuration; the rest of the service logs through SLF4J.
 */
@NullMarked
package dev.hotcold.log;

import org.jspecify.annotations.NullMarked;
