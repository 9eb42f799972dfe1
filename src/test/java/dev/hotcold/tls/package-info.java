/** Tests of what is said of certificates and their files. */
@NullMarked
package dev.hotcold.tls;

import org.jspecify.annotations.NullMarked;
