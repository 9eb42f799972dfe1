/** Commands for the owner of the table: users loaded from a file, and statements where there is no psql. */
@NullMarked
package dev.hotcold.app.data;

import org.jspecify.annotations.NullMarked;
