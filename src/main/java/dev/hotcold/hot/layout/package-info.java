/** What Redis holds: keys, values, lifetimes, the scripts that change them and how they reply. */
@NullMarked
package dev.hotcold.hot.layout;

import org.jspecify.annotations.NullMarked;
