package dev.hotcold.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * A file that a setting names and that may change while the service runs.
 *
 * @param setting the setting
 * @param path the file
 */
record WatchedFile(String setting, Path path) {

    /** More than any certificate chain or list of keys needs. */
    private static final int LARGEST = 1_000_000;

    /** The whole content. */
    byte[] read() throws UnusableFileException {
        try (InputStream in = Files.newInputStream(path)) {
            byte[] content = in.readNBytes(LARGEST + 1);
            if (content.length > LARGEST) {
                throw unusable("holds more than " + LARGEST + " bytes");
            }
            return content;
        } catch (IOException e) {
            throw unusable("cannot be read: " + e.getClass().getSimpleName());
        }
    }

    /** Another text whenever the file has become another: by its time, its size, or what a link leads to. */
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
        return new UnusableFileException(setting, path + " " + why);
    }
}
