/** Tests of the commands for the owner of the table. */
@NullMarked
package dev.hotcold.app.data;

import org.jspecify.annotations.NullMarked;
