/**
 * Which PostgreSQL servers the settings name, at which addresses they are looked for, and which of those that answer may be used.
 * One policy for both drivers, which open the connections.
 */
@NullMarked
package dev.hotcold.cold.server;

import org.jspecify.annotations.NullMarked;
