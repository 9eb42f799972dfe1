/** Tests of what may stand in the log. */
@NullMarked
package dev.hotcold.log;

import org.jspecify.annotations.NullMarked;
