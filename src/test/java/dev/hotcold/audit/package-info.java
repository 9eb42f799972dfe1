/** What the service is built from and runs on: the libraries against known advisories, the images against their rules. */
@NullMarked
package dev.hotcold.audit;

import org.jspecify.annotations.NullMarked;
