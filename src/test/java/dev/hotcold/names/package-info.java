@NullMarked
package dev.hotcold.names;

import org.jspecify.annotations.NullMarked;
