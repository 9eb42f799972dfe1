package dev.hotcold.testkit;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A proxy or cache that is installed on this machine (on PATH), in front of a service. Proxies are no libraries that a build
 * could bring: a test asks {@link #isInstalled} first, and assumes it.
 */
public final class FrontProxy implements AutoCloseable {

    private final Process process;
    private final int port;

    private FrontProxy(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Whether there is such a program. */
    public static boolean isInstalled(String program) {
        return find(program) != null;
    }

    /** HAProxy; returns when it listens. */
    public static FrontProxy haproxy(String configuration, Path directory, int servicePort) {
        Setup setup = new Setup(configuration, directory, servicePort, freePort());
        return start("haproxy", setup, "-db", "-f", setup.write().toString());
    }

    /** HAProxy in front of two instances; returns when it listens. */
    public static FrontProxy haproxy(String configuration, Path directory, int servicePort, int otherPort) {
        Setup setup = new Setup(configuration, directory, servicePort, otherPort, freePort());
        return start("haproxy", setup, "-db", "-f", setup.write().toString());
    }

    /** nginx; returns when it listens. */
    public static FrontProxy nginx(String configuration, Path directory, int servicePort) {
        Setup setup = new Setup(configuration, directory, servicePort, freePort());
        return start(
                "nginx", setup, "-p", directory.toString(), "-c", setup.write().toString());
    }

    /** Varnish; returns when it listens. */
    public static FrontProxy varnish(String configuration, Path directory, int servicePort) {
        Setup setup = new Setup(configuration, directory, servicePort, freePort());
        return start(
                "varnishd",
                setup,
                "-F",
                "-j",
                "none",
                "-s",
                "malloc,16m",
                "-n",
                directory.resolve("varnish").toString(),
                "-a",
                "127.0.0.1:" + setup.port(),
                "-f",
                setup.write().toString());
    }

    /**
     * PgBouncer with four sessions in turn; returns when it listens. Everybody may use it as anybody.
     *
     * @param mode as its configuration calls it
     */
    public static FrontProxy pgbouncer(String mode, Path directory, int postgresPort) {
        Setup setup = new Setup("pgbouncer.ini", directory, postgresPort, freePort());
        try {
            Path configuration = setup.write();
            Files.writeString(
                    configuration, Files.readString(configuration).replace("POOL_MODE", mode), StandardCharsets.UTF_8);
            Files.writeString(directory.resolve("users"), "\"postgres\" \"\"\n\"api\" \"\"\n");
            // It runs as no superuser, who alone could read what belongs to one.
            boolean isRoot = "root".equals(System.getProperty("user.name"));
            for (Path file : List.of(directory, configuration, directory.resolve("users"))) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            return isRoot
                    ? start("pgbouncer", setup, "-u", "nobody", configuration.toString())
                    : start("pgbouncer", setup, configuration.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it listens on the loopback address. */
    public int port() {
        return port;
    }

    @Override
    public void close() {
        // It may have children, which end with it.
        process.destroy();
        process.onExit().join();
    }

    /**
     * What a proxy is told.
     *
     * @param configuration a resource beside the tests of the service
     * @param directory for its files
     * @param otherPort of another instance of the service; 0 = there is none
     * @param port where it is to listen
     */
    private record Setup(String configuration, Path directory, int servicePort, int otherPort, int port) {

        Setup(String configuration, Path directory, int servicePort, int port) {
            this(configuration, directory, servicePort, 0, port);
        }

        Path write() {
            try (InputStream in = Objects.requireNonNull(
                    FrontProxy.class.getResourceAsStream("/dev/hotcold/app/" + configuration), configuration)) {
                String text = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                        .replace("FRONT_PORT", Integer.toString(port))
                        .replace("SERVICE_PORT", Integer.toString(servicePort))
                        .replace("OTHER_PORT", Integer.toString(otherPort))
                        .replace("DIRECTORY", directory.toString());
                return Files.writeString(directory.resolve(configuration), text);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static FrontProxy start(String program, Setup setup, String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(Objects.requireNonNull(find(program), program + " is not on PATH")
                        .toString()));
        command.addAll(List.of(arguments));
        Path log = setup.directory().resolve("log");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            FrontProxy proxy = new FrontProxy(process, setup.port());
            await().until(() -> {
                if (!process.isAlive()) {
                    throw new IllegalStateException(program + " has ended: " + Files.readString(log));
                }
                return isListening(setup.port());
            });
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static @Nullable Path find(String program) {
        for (String directory : (System.getenv("PATH") + ":/usr/sbin").split(File.pathSeparator, -1)) {
            Path file = Path.of(directory, program);
            if (Files.isExecutable(file)) {
                return file;
            }
        }
        return null;
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isListening(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
