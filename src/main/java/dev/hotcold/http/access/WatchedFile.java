package dev.hotcold.http.access;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * A file that is named by a setting and may change while the service runs.
 *
 * @param setting name of the setting
 */
record WatchedFile(String setting, Path path) {

    /** More than any certificate chain or list of keys needs. */
    private static final int MAX_BYTES = 1_000_000;

    /** The whole content. Blocks. */
    byte[] read() throws UnusableFileException {
        try {
            // Before it is opened: to open a pipe would wait for one that writes to it.
            if (!Files.readAttributes(path, BasicFileAttributes.class).isRegularFile()) {
                throw gone("is not a regular file");
            }
            try (InputStream in = Files.newInputStream(path)) {
                byte[] content = in.readNBytes(MAX_BYTES + 1);
                if (content.length > MAX_BYTES) {
                    throw unusable("holds more than " + MAX_BYTES + " bytes");
                }
                return content;
            }
        } catch (IOException e) {
            throw gone("cannot be read: " + e.getClass().getSimpleName());
        }
    }

    /** Differs whenever the file has changed: its modification time, its size, or the target of a link. Blocks. */
    String stamp() {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            return attributes.lastModifiedTime() + " " + attributes.size() + " " + attributes.fileKey();
        } catch (IOException e) {
            return e.getClass().getSimpleName();
        }
    }

    /** @param why what follows the file's name in the message */
    UnusableFileException unusable(String why) {
        return new UnusableFileException(setting, path + " " + why, false);
    }

    /**
     * The same, where the file holds nothing that could be corrected.
     *
     * @param why what follows the file's name in the message
     */
    UnusableFileException gone(String why) {
        return new UnusableFileException(setting, path + " " + why, true);
    }
}
