/** Tests of what bounds a connection. */
@NullMarked
package dev.hotcold.http.connection;

import org.jspecify.annotations.NullMarked;
