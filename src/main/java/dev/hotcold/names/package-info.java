/** The one resolver of host names, for every connection to a store. */
@NullMarked
package dev.hotcold.names;

import org.jspecify.annotations.NullMarked;
