/** Embedded PostgreSQL and Redis: real servers from the class path. */
@NullMarked
package dev.hotcold.local;

import org.jspecify.annotations.NullMarked;
