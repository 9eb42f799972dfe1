/** What commands share: their settings, where their stores are, and what they print. */
@NullMarked
package dev.hotcold.app.console;

import org.jspecify.annotations.NullMarked;
