/** What a connection pooler in front of PostgreSQL means for a session. Knows no driver. */
@NullMarked
package dev.hotcold.cold.pooler;

import org.jspecify.annotations.NullMarked;
