/** Commands for what is cached: looked at, compared with PostgreSQL, removed. */
@NullMarked
package dev.hotcold.app.cached;

import org.jspecify.annotations.NullMarked;
