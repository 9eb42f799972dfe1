/** How old what Redis says can be at most, proven by beats of the change feed. */
@NullMarked
package dev.hotcold.hot.proof;

import org.jspecify.annotations.NullMarked;
