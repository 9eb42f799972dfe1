/** What lies in deploy: dashboards, the unit for systemd, the image's health check and the compose file's users. */
@NullMarked
package dev.hotcold.deploy;

import org.jspecify.annotations.NullMarked;
