@NullMarked
package dev.hotcold.app;

import org.jspecify.annotations.NullMarked;
