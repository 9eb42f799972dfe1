/**
 * The public HTTP server. A connection starts on the {@link dev.hotcold.http.fastpath fast path}, which answers plain lookups
 * straight from bytes; its first other request moves it to Vert.x for good, and so to {@link dev.hotcold.http.UsersEndpoint} and
 * the {@link dev.hotcold.http.pages pages}. Both paths read a request by the rules of {@link dev.hotcold.http.request}, check
 * {@link dev.hotcold.http.access}, and answer from {@link dev.hotcold.http.response}.
 */
@NullMarked
package dev.hotcold.http;

import org.jspecify.annotations.NullMarked;
