/** Tests of the rules of requests. */
@NullMarked
package dev.hotcold.http.request;

import org.jspecify.annotations.NullMarked;
