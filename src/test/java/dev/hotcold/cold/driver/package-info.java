@NullMarked
package dev.hotcold.cold.driver;

import org.jspecify.annotations.NullMarked;
