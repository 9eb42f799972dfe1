@NullMarked
package dev.hotcold.flight;

import org.jspecify.annotations.NullMarked;
