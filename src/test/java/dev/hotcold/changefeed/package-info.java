@NullMarked
package dev.hotcold.changefeed;

import org.jspecify.annotations.NullMarked;
