/** What blocks on Redis: the sink of the change feed, walks through all cached users, and what Sentinels
 * tell. On threads of their own. */
@NullMarked
package dev.hotcold.hot.blocking;

import org.jspecify.annotations.NullMarked;
