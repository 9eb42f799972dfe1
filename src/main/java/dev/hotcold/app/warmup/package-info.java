/** What is exercised before the service is ready, so that the first callers do not wait for cold code. */
@NullMarked
package dev.hotcold.app.warmup;

import org.jspecify.annotations.NullMarked;
