/** What a user is, and the one JSON form in which a user is stored and sent. JDK only. */
@NullMarked
package dev.hotcold.user;

import org.jspecify.annotations.NullMarked;
