@NullMarked
package dev.hotcold.hot.layout;

import org.jspecify.annotations.NullMarked;
