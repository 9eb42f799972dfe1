/** Tests of what clients may cost. */
@NullMarked
package dev.hotcold.http.budget;

import org.jspecify.annotations.NullMarked;
