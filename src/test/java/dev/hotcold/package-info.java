@NullMarked
package dev.hotcold;

import org.jspecify.annotations.NullMarked;
