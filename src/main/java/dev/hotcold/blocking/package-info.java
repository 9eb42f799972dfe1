/** Time for threads of their own, which may block; event loops have {@code loop} instead. */
@NullMarked
package dev.hotcold.blocking;

import org.jspecify.annotations.NullMarked;
