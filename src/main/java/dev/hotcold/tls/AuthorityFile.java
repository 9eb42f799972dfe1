package dev.hotcold.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file of trusted authorities, which is read on threads that must not be kept waiting. */
public final class AuthorityFile {

    private static final int MAX_BYTES = 1_000_000;

    private AuthorityFile() {}

    /**
     * Its content. Blocks, but for no longer than the file system does: opening a pipe would wait for its writer.
     *
     * @throws IOException if it cannot be read, is no regular file or too large
     */
    public static InputStream open(Path file) throws IOException {
        checkRegular(file);
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes(MAX_BYTES + 1);
            if (content.length > MAX_BYTES) {
                throw new IOException(file + " holds more than " + MAX_BYTES + " bytes");
            }
            return new ByteArrayInputStream(content);
        }
    }

    /** For those who leave it to a library to read the file, which may wait for a pipe's writer for ever. */
    public static void checkRegular(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException(file + " is missing, or is not a regular file");
        }
    }
}
