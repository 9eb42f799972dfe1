@NullMarked
package dev.hotcold.lookup;

import org.jspecify.annotations.NullMarked;
