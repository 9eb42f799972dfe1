@NullMarked
package dev.hotcold.cold.server;

import org.jspecify.annotations.NullMarked;
