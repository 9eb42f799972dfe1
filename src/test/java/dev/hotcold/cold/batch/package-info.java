@NullMarked
package dev.hotcold.cold.batch;

import org.jspecify.annotations.NullMarked;
