/** Cached users compared with the database, on demand and all the time. Blocks threads of its own. */
@NullMarked
package dev.hotcold.verify;

import org.jspecify.annotations.NullMarked;
