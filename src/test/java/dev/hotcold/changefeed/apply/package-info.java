@NullMarked
package dev.hotcold.changefeed.apply;

import org.jspecify.annotations.NullMarked;
