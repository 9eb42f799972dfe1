/** Tests of responses. */
@NullMarked
package dev.hotcold.http.response;

import org.jspecify.annotations.NullMarked;
