/** Everything on the public port that is not a lookup: the API's description, its page, and the answers to unknown routes. */
@NullMarked
package dev.hotcold.http.pages;

import org.jspecify.annotations.NullMarked;
