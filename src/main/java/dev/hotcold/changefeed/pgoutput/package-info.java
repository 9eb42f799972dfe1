/** Messages of PostgreSQL's log as its plug-in {@code pgoutput} writes them, and what they say of users. */
@NullMarked
package dev.hotcold.changefeed.pgoutput;

import org.jspecify.annotations.NullMarked;
