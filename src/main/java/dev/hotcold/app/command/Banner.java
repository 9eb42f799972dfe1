package dev.hotcold.app.command;

import dev.hotcold.app.Service;
import dev.hotcold.app.Version;
import java.io.PrintStream;

/** What is printed once the service is up: commands to try, and where its pages are. */
final class Banner {

    private Banner() {}

    /** @param demo whether the demonstration users were added */
    static void print(PrintStream out, Service service, boolean demo) {
        String base = service.scheme() + "://localhost:" + service.port();
        String lookup = base + "/v1/users?user_id=";
        out.println();
        out.println("hotcold-user-api " + Version.current() + " is up. Try:");
        if (demo) {
            out.println("  curl -i '" + lookup + "alice'    # from PostgreSQL the first time");
            out.println("  curl -i '" + lookup + "alice'    # and then from Redis");
            out.println("  curl -i '" + lookup + "nobody'   # no such user");
        } else {
            out.println("  curl -i '" + lookup + "ID'");
            out.println("  curl -i '" + base + "/readyz'");
            out.println("  curl -i 'http://localhost:" + service.managementPort() + "/metrics'");
        }
        out.println("API page: " + base + "/swagger/");
        out.println("Metrics:  http://localhost:" + service.managementPort() + "/metrics");
        out.println("Stop with Ctrl-C.");
        out.flush();
    }
}
