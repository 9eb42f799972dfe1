@NullMarked
package dev.hotcold.hot;

import org.jspecify.annotations.NullMarked;
