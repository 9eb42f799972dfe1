/**
 * Embedded PostgreSQL and Redis: real servers whose binaries come from the class path, for running and testing on one
 * machine with nothing installed.
 *
 * <p>A server ends with the process that started it, even when that was killed
 * ({@link dev.hotcold.local.ServerProcess}). Should a PostgreSQL be left all the same, the next start on its directory
 * stops it. Neither server registers a shutdown hook: whoever starts them decides when, in the order of its own shutdown,
 * they are closed.
 *
 * <p>The libraries that carry the binaries are left out of the container image; {@link dev.hotcold.local.LocalServers}
 * says whether they are there.
 */
@NullMarked
package dev.hotcold.local;

import org.jspecify.annotations.NullMarked;
