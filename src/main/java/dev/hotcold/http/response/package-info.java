/**
 * What is sent: the responses to lookups, laid out once for both paths, and problem details for everything that reaches no
 * endpoint. A header that all lookups should carry is added in {@link LookupHeaders}.
 */
@NullMarked
package dev.hotcold.http.response;

import org.jspecify.annotations.NullMarked;
