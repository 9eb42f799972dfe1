/** The server of metrics and health, with the limits of the public one, but for fewer clients. */
@NullMarked
package dev.hotcold.http.management;

import org.jspecify.annotations.NullMarked;
