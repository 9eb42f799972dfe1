@NullMarked
package dev.hotcold.cold.pool;

import org.jspecify.annotations.NullMarked;
