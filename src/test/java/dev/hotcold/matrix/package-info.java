/** What the service makes of every table that an owner may have, cell by cell, and what it leaves the owner. */
@NullMarked
package dev.hotcold.matrix;

import org.jspecify.annotations.NullMarked;
