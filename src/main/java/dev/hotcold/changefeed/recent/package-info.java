/** What was applied in the last seconds, so that it can be applied again to a hot store that has lost its last writes. */
@NullMarked
package dev.hotcold.changefeed.recent;

import org.jspecify.annotations.NullMarked;
