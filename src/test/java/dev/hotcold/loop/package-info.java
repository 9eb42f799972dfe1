@NullMarked
package dev.hotcold.loop;

import org.jspecify.annotations.NullMarked;
