/** Tests of the commands for what is cached. */
@NullMarked
package dev.hotcold.app.cached;

import org.jspecify.annotations.NullMarked;
