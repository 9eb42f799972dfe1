/** One Redis node as one event loop sees it: the link, its requests, breaker, prober and health. */
@NullMarked
package dev.hotcold.hot.link;

import org.jspecify.annotations.NullMarked;
