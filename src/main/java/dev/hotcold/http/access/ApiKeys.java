package dev.hotcold.http.access;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The SHA-256 of each key that callers may present; only the callers know the keys themselves. Immutable.
 *
 * <p>A plain hash is enough: keys made by {@code hotcold api-key} are random and too long to guess.
 */
public final class ApiKeys {

    /** A bound because each request is compared with all keys. */
    static final int MAX_KEYS = 100;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern LINE = Pattern.compile("(" + NAME.pattern() + "):([0-9A-Fa-f]{64})");

    /** No key at all. */
    static final ApiKeys NONE = new ApiKeys(List.of());

    private final List<byte[]> hashes;

    private ApiKeys(List<byte[]> hashes) {
        this.hashes = hashes;
    }

    /** Reads one key or more, in lines as {@link #reload} does. Blocks. */
    static ApiKeys load(WatchedFile file) throws UnusableFileException {
        ApiKeys keys = reload(file);
        if (keys.isEmpty()) {
            throw file.unusable("holds 0 keys; allowed are 1 to " + MAX_KEYS);
        }
        return keys;
    }

    /**
     * Reads lines of the form {@code name:sha256}; empty lines and those that begin with # are skipped. {@link #NONE} if there
     * are no others: all keys are revoked. Blocks.
     */
    static ApiKeys reload(WatchedFile file) throws UnusableFileException {
        List<byte[]> hashes = new ArrayList<>();
        Set<String> names = new HashSet<>();
        int number = 0;
        for (String line : decode(file).lines().map(String::strip).toList()) {
            number++;
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                throw file.unusable("line " + number + " is not NAME:SHA-256, with a name of letters, digits and ._-"
                        + " and 64 hexadecimal digits; `hotcold api-key NAME` makes one");
            }
            if (!names.add(matcher.group(1))) {
                throw file.unusable("line " + number + " has the name of another line");
            }
            byte[] hash = HexFormat.of().parseHex(matcher.group(2));
            if (MessageDigest.isEqual(hash, sha256().digest())) {
                throw file.unusable("line " + number + " has the SHA-256 of an empty key");
            }
            hashes.add(hash);
        }
        if (hashes.size() > MAX_KEYS) {
            throw file.unusable("holds " + hashes.size() + " keys; allowed are 1 to " + MAX_KEYS);
        }
        return hashes.isEmpty() ? NONE : new ApiKeys(List.copyOf(hashes));
    }

    /** Whether no key is known. */
    boolean isEmpty() {
        return hashes.isEmpty();
    }

    /** Whether a key may have this name. */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /** The line that adds a key to the file. */
    public static String line(String name, String key) {
        return name + ":" + HexFormat.of().formatHex(sha256().digest(key.getBytes(StandardCharsets.UTF_8)));
    }

    /** A new digest, to hash keys for {@link #include} with. */
    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    /** Whether this is the hash of a key. Takes the same time for all keys, so that timing tells nothing. */
    boolean include(byte[] hash) {
        boolean known = false;
        for (byte[] each : hashes) {
            known |= MessageDigest.isEqual(each, hash);
        }
        return known;
    }

    private static String decode(WatchedFile file) throws UnusableFileException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(file.read()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw file.unusable("is not text in UTF-8");
        }
    }
}
