@NullMarked
package dev.hotcold.user;

import org.jspecify.annotations.NullMarked;
