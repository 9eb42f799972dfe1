/** {@code hotcold doctor}: what the service would stumble over where it is to run, and how to fix it. */
@NullMarked
package dev.hotcold.app.doctor;

import org.jspecify.annotations.NullMarked;
