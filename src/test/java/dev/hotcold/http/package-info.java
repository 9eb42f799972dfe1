@NullMarked
package dev.hotcold.http;

import org.jspecify.annotations.NullMarked;
