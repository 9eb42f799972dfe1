/** PostgreSQL through pgjdbc, for callers that may block: migrations, the change feed, the comparison of the stores. */
@NullMarked
package dev.hotcold.app.jdbc;

import org.jspecify.annotations.NullMarked;
