@NullMarked
package dev.hotcold.changefeed.pgoutput;

import org.jspecify.annotations.NullMarked;
