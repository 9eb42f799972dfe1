/** The command line: what each command takes, prints and exits with. A plain serve loads none of picocli. */
@NullMarked
package dev.hotcold.app.command;

import org.jspecify.annotations.NullMarked;
