/** Request to lookup to response bytes; both response styles; the API page. */
@NullMarked
package dev.hotcold.http;

import org.jspecify.annotations.NullMarked;
