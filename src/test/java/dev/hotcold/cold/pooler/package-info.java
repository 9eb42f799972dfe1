@NullMarked
package dev.hotcold.cold.pooler;

import org.jspecify.annotations.NullMarked;
