@NullMarked
package dev.hotcold.changefeed.postgres;

import org.jspecify.annotations.NullMarked;
