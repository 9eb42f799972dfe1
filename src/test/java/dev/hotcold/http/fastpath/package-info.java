/** Tests of the fast path. */
@NullMarked
package dev.hotcold.http.fastpath;

import org.jspecify.annotations.NullMarked;
