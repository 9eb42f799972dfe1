/** Connections by the Vert.x PostgreSQL client: how one is opened, the one prepared query, and what its failures mean. */
@NullMarked
package dev.hotcold.cold.driver;

import org.jspecify.annotations.NullMarked;
