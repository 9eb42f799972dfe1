/** Tests of the pages and the API's description. */
@NullMarked
package dev.hotcold.http.pages;

import org.jspecify.annotations.NullMarked;
