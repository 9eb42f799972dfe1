/** From environment variables to one settings record per component; reports all problems at once. */
@NullMarked
package dev.hotcold.config;

import org.jspecify.annotations.NullMarked;
