@NullMarked
package dev.hotcold.hot.proof;

import org.jspecify.annotations.NullMarked;
