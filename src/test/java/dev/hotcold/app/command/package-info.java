/** What tests need to know of the command line. */
@NullMarked
package dev.hotcold.app.command;

import org.jspecify.annotations.NullMarked;
