/**
 * What clients may cost: how many bytes are kept for them, each and all, how many streams, and how much one turn of the event loop does
 * for them. What does not fit is refused with a 503 before memory is short.
 */
@NullMarked
package dev.hotcold.http.budget;

import org.jspecify.annotations.NullMarked;
