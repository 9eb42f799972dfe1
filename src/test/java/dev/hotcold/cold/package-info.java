@NullMarked
package dev.hotcold.cold;

import org.jspecify.annotations.NullMarked;
