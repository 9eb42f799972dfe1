/** What operators see: health, metrics and the management server. */
@NullMarked
package dev.hotcold.ops;

import org.jspecify.annotations.NullMarked;
