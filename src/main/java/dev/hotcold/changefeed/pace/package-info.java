/** When the change feed looks, waits and ends. */
@NullMarked
package dev.hotcold.changefeed.pace;

import org.jspecify.annotations.NullMarked;
