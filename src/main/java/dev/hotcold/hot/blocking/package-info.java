/** What blocks on Redis: the sink of the change feed, and walks through all cached users. On threads of their own. */
@NullMarked
package dev.hotcold.hot.blocking;

import org.jspecify.annotations.NullMarked;
