package dev.hotcold.cold.trust;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The policy that the files say now: they are looked at for each encrypted connection, and read when one has changed. Files that
 * cannot be used change nothing: the policy before stays. Thread-safe.
 */
public final class CurrentPolicy {

    private static final Logger LOG = LoggerFactory.getLogger(CurrentPolicy.class);

    /** What changes with a file. */
    private record Stamp(Path file, Object identity, Object modified, long size) {

        static Stamp of(Path file) {
            try {
                BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
                return new Stamp(file, String.valueOf(now.fileKey()), now.lastModifiedTime(), now.size());
            } catch (IOException missing) {
                return new Stamp(file, "", "", -1);
            }
        }
    }

    private final PostgresTrust trust;

    /** Of the files as they were when {@link #last} was read. */
    private List<Stamp> stamps = List.of();

    /** Of the files that were warned about. */
    private List<Stamp> unusable = List.of();

    private @Nullable TlsPolicy last;

    public CurrentPolicy(PostgresTrust trust) {
        this.trust = trust;
    }

    /** Reads the files ahead, on a thread that serves nothing yet. What is wrong with them is for the first connection. */
    public void warmUp() {
        try {
            get();
        } catch (UnusableTrustException unusable) {
            // Falls through.
        }
    }

    /**
     * The policy for the next connection.
     *
     * @throws UnusableTrustException if a file cannot be used, and never could
     */
    public synchronized TlsPolicy get() throws UnusableTrustException {
        List<Stamp> now = stamps();
        TlsPolicy kept = last;
        if (kept != null && now.equals(stamps)) {
            return kept;
        }
        try {
            TlsPolicy read = TlsPolicy.load(trust);
            last = read;
            stamps = now;
            unusable = List.of();
            return read;
        } catch (UnusableTrustException problem) {
            if (kept == null) {
                throw problem;
            }
            if (!now.equals(unusable)) {
                unusable = now;
                LOG.warn("Connections to PostgreSQL go on with the files read before: {}", problem.getMessage());
            }
            return kept;
        }
    }

    private List<Stamp> stamps() {
        return Stream.concat(
                        trust.rootCertificate().stream(),
                        trust.client().stream().flatMap(client -> Stream.of(client.certificates(), client.key())))
                .map(Stamp::of)
                .toList();
    }
}
