package dev.hotcold.local;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** What both embedded servers need to know of their surroundings. */
public final class LocalServers {
    private static final String[] LIBRARY_CLASSES = {
        "io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver", "redis.embedded.RedisExecProvider"
    };
    private static final int START_ATTEMPTS = 20;

    /** How a server says that another process has its port. */
    static final String PORT_TAKEN = "Address already in use";

    private LocalServers() {}

    /** Whether the libraries that carry the servers' binaries are on the class path. */
    public static boolean available() {
        try {
            for (String name : LIBRARY_CLASSES) {
                Class.forName(name, false, LocalServers.class.getClassLoader());
            }
            return true;
        } catch (ClassNotFoundException | NoClassDefFoundError _) {
            return false;
        }
    }

    /** Has the servers that are being started fail, and all that are to be started from now on: the process is to end. */
    public static void giveUpStarting() {
        ServerProcess.giveUpStarting();
    }

    /**
     * Fails with {@link LocalServerException} unless {@link #available()}.
     *
     * @param server name of the server that was about to be started
     * @param variable the environment variable that names a server of one's own instead
     */
    static void require(String server, String variable) {
        if (!available()) {
            throw new LocalServerException("%s is not set, and this installation carries no embedded %s: set %s."
                    .formatted(variable, server, variable));
        }
    }

    /**
     * Starts a server on a port, again where the reason of the failure passes: another process took the free port first,
     * the children of a killed PostgreSQL are still ending, or a process that another thread has just begun to start holds the
     * program open for writing, as everything that was open.
     *
     * @param port TCP port; 0 = a free one
     */
    static <T> T startOn(int port, Start<T> start) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return start.on(port == 0 ? freePort() : port);
            } catch (LocalServerException e) {
                String message = e.getMessage();
                boolean passes = (port == 0 && message.contains(PORT_TAKEN))
                        || message.contains("pre-existing shared memory block")
                        || message.contains("Text file busy");
                if (!passes || attempt == START_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** One attempt to start a server. */
    @FunctionalInterface
    interface Start<T> {
        T on(int port) throws IOException;
    }
}
