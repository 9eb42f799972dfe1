@NullMarked
package dev.hotcold.hot.blocking;

import org.jspecify.annotations.NullMarked;
