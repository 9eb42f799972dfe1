@NullMarked
package dev.hotcold.changefeed.recent;

import org.jspecify.annotations.NullMarked;
