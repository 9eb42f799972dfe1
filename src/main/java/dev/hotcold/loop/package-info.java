/** What belongs to an event loop and to no domain: time, deadlines, completions, the health of a store. */
@NullMarked
package dev.hotcold.loop;

import org.jspecify.annotations.NullMarked;
