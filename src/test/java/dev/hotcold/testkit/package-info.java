/** What tests share: real servers, an HTTP client, random texts. */
@NullMarked
package dev.hotcold.testkit;

import org.jspecify.annotations.NullMarked;
