/** What is cached, what is stored, and what changed: the vocabulary that the change feed and verification share. */
@NullMarked
package dev.hotcold.freshness;

import org.jspecify.annotations.NullMarked;
