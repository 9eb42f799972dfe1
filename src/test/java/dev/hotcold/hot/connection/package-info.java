@NullMarked
package dev.hotcold.hot.connection;

import org.jspecify.annotations.NullMarked;
