@NullMarked
package dev.hotcold.hot.deployment;

import org.jspecify.annotations.NullMarked;
