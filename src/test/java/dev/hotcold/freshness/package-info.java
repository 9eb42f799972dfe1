@NullMarked
package dev.hotcold.freshness;

import org.jspecify.annotations.NullMarked;
