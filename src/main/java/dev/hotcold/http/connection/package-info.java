/**
 * What bounds a client's connection, whatever it is used for: how many are open, how long a request may take to arrive and a
 * response to be read, how much is read at once, and how much may lie unread.
 */
@NullMarked
package dev.hotcold.http.connection;

import org.jspecify.annotations.NullMarked;
