/** The documents against the sources and against each other. */
@NullMarked
package dev.hotcold.docs;

import org.jspecify.annotations.NullMarked;
