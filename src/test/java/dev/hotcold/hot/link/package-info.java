@NullMarked
package dev.hotcold.hot.link;

import org.jspecify.annotations.NullMarked;
