/** From the text of one variable to its value, or to all that is wrong with it; and what of a text may be shown. */
@NullMarked
package dev.hotcold.config.parse;

import org.jspecify.annotations.NullMarked;
