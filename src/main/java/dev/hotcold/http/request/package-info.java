/** The rules by which a request is read, for both paths. */
@NullMarked
package dev.hotcold.http.request;

import org.jspecify.annotations.NullMarked;
