/**
 * The fast path: plain lookups from the bytes of a connection to the bytes of the response, without Vert.x between. A hit goes
 * through {@link dev.hotcold.http.fastpath.FastPathConnection}, {@link dev.hotcold.http.fastpath.LookupRequestParser}, the
 * lookup, and {@link dev.hotcold.http.response.LookupResponses}. See docs/decisions/0018 for what that saves.
 */
@NullMarked
package dev.hotcold.http.fastpath;

import org.jspecify.annotations.NullMarked;
