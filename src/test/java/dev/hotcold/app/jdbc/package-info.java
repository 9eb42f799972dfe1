@NullMarked
package dev.hotcold.app.jdbc;

import org.jspecify.annotations.NullMarked;
