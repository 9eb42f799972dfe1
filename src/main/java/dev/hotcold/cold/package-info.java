/** The cold path: PostgreSQL. The one prepared query, batched. */
@NullMarked
package dev.hotcold.cold;

import org.jspecify.annotations.NullMarked;
