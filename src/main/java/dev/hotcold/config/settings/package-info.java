/** Every setting: name, default, range and meaning, one file per group of them. */
@NullMarked
package dev.hotcold.config.settings;

import org.jspecify.annotations.NullMarked;
