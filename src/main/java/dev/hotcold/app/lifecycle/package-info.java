/** How the process ends. */
@NullMarked
package dev.hotcold.app.lifecycle;

import org.jspecify.annotations.NullMarked;
