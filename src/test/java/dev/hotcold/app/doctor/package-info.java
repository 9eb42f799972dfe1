/** Tests of {@code hotcold doctor}. */
@NullMarked
package dev.hotcold.app.doctor;

import org.jspecify.annotations.NullMarked;
