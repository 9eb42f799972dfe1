/**
 * How far connections to PostgreSQL are protected, by libpq's rules: one policy, from which both drivers get whom they trust
 * and what they show of themselves.
 */
@NullMarked
package dev.hotcold.cold.trust;

import org.jspecify.annotations.NullMarked;
