/** What a PostgreSQL URL says, parameter by parameter, read as libpq does. */
@NullMarked
package dev.hotcold.config.parse.postgres;

import org.jspecify.annotations.NullMarked;
