/** The training run that teaches the JVM how to start the service quickly (docs/decisions/0015). */
@NullMarked
package dev.hotcold.app.training;

import org.jspecify.annotations.NullMarked;
