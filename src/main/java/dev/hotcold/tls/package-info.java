/** Certificates as an operator sees them. */
@NullMarked
package dev.hotcold.tls;

import org.jspecify.annotations.NullMarked;
