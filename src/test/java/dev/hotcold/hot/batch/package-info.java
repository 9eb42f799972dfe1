@NullMarked
package dev.hotcold.hot.batch;

import org.jspecify.annotations.NullMarked;
