/** The proof by measurement: cached users compared with the database. */
@NullMarked
package dev.hotcold.verify;

import org.jspecify.annotations.NullMarked;
