/** The files that settings name: whether they can be used, before anything starts. */
@NullMarked
package dev.hotcold.app.files;

import org.jspecify.annotations.NullMarked;
