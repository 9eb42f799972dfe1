/**
 * Who may connect and look up: the certificate that the server presents, those that clients must, and the keys of callers.
 * All come from files that are read again when they change, which blocks: at start, and then on a thread of its own.
 */
@NullMarked
package dev.hotcold.http.access;

import org.jspecify.annotations.NullMarked;
