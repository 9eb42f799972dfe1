/** The program: command line, wiring, ordered start and stop. */
@NullMarked
package dev.hotcold.app;

import org.jspecify.annotations.NullMarked;
