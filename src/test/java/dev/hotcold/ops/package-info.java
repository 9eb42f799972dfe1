@NullMarked
package dev.hotcold.ops;

import org.jspecify.annotations.NullMarked;
