/** The stores and the change feed as models in memory, whose steps a test puts in any order. */
@NullMarked
package dev.hotcold.testkit.model;

import org.jspecify.annotations.NullMarked;
