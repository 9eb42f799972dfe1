package dev.hotcold.local;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;

/** The redis-server program that embedded-redis carries for this system. Of that library only its programs are used. */
final class RedisBinary {

    private static final String VERSION = "7.0.15";

    private RedisBinary() {}

    /** Copies the program into an existing directory, ready to run. */
    static Path unpack(Path directory) throws IOException {
        String name = name(System.getProperty("os.name"), System.getProperty("os.arch"));
        try (InputStream in = RedisBinary.class.getResourceAsStream("/" + name)) {
            if (in == null) {
                throw new IOException("no " + name + " is embedded");
            }
            Path program = directory.resolve(name);
            Files.copy(in, program);
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
            return program;
        }
    }

    /** The resource for a system and an architecture, as Java names them. */
    static String name(String system, String architecture) {
        String os = system.startsWith("Mac") ? "darwin" : system.toLowerCase(Locale.ROOT);
        String cpu = switch (architecture) {
            case "x86_64" -> "amd64";
            case "aarch64" -> "arm64";
            default -> architecture;
        };
        return "redis-server-" + VERSION + "-" + os + "-" + cpu;
    }
}
