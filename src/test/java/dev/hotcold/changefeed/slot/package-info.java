@NullMarked
package dev.hotcold.changefeed.slot;

import org.jspecify.annotations.NullMarked;
