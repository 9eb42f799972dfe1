@NullMarked
package dev.hotcold.hot.near;

import org.jspecify.annotations.NullMarked;
