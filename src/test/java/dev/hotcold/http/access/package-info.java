/** Tests of keys and certificates. */
@NullMarked
package dev.hotcold.http.access;

import org.jspecify.annotations.NullMarked;
