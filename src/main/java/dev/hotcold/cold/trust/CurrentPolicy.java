package dev.hotcold.cold.trust;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The policy that the files say now: they are looked at for each connection, and read when one has changed.
 *
 * <p>Confined to: its event loop, once {@link #warmUp} is over.
 */
public final class CurrentPolicy {

    /** What changes with a file. */
    private record Stamp(Path file, Object identity, Object modified, long size) {

        static Stamp of(Path file) throws IOException {
            BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
            return new Stamp(file, String.valueOf(now.fileKey()), now.lastModifiedTime(), now.size());
        }
    }

    private final PostgresTrust trust;
    private List<Stamp> stamps = List.of();
    private @Nullable TlsPolicy last;

    public CurrentPolicy(PostgresTrust trust) {
        this.trust = trust;
    }

    /** Reads the files ahead, on a thread that serves nothing yet. What is wrong with them is for the first connection. */
    public void warmUp() {
        try {
            get();
        } catch (IOException unusable) {
            // Falls through.
        }
    }

    /**
     * The policy for the next connection.
     *
     * @throws IOException with words for an operator
     */
    public TlsPolicy get() throws IOException {
        List<Stamp> now = stamps();
        if (last == null || now.isEmpty() || !now.equals(stamps)) {
            last = TlsPolicy.load(trust);
            stamps = now;
        }
        return last;
    }

    /** Empty: a file is missing, which is for the reader to say; or there are none. */
    private List<Stamp> stamps() {
        List<Path> files = Stream.concat(
                        trust.rootCertificate().stream(),
                        trust.client().stream().flatMap(client -> Stream.of(client.certificates(), client.key())))
                .toList();
        try {
            Stamp[] found = new Stamp[files.size()];
            for (int i = 0; i < found.length; i++) {
                found[i] = Stamp.of(files.get(i));
            }
            return List.of(found);
        } catch (IOException missing) {
            return List.of();
        }
    }
}
