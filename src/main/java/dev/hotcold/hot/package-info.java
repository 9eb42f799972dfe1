/** The hot path: Redis. Keys, the value codec, batched reads and pipelined fills. */
@NullMarked
package dev.hotcold.hot;

import org.jspecify.annotations.NullMarked;
