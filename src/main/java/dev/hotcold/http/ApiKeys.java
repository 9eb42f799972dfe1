package dev.hotcold.http;

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
 * The keys that callers may present, as their SHA-256; the keys themselves are known to their callers alone. Immutable.
 *
 * <p>A key that {@code hotcold api-key} makes is random and long, so that a plain hash of it cannot be guessed back.
 */
public final class ApiKeys {

    /** Each request is compared with all of them. */
    static final int MOST = 100;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern LINE = Pattern.compile("(" + NAME.pattern() + "):([0-9A-Fa-f]{64})");

    private final List<byte[]> hashes;

    private ApiKeys(List<byte[]> hashes) {
        this.hashes = hashes;
    }

    /** Reads lines of the form {@code name:sha256}; those that are empty or begin with # mean nothing. Blocks. */
    static ApiKeys load(WatchedFile file) throws UnusableFileException {
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
                throw file.unusable("line " + number + " has the SHA-256 of nothing; was a key left empty?");
            }
            hashes.add(hash);
        }
        if (hashes.isEmpty() || hashes.size() > MOST) {
            throw file.unusable("holds " + hashes.size() + " keys; allowed are 1 to " + MOST);
        }
        return new ApiKeys(List.copyOf(hashes));
    }

    /** Whether a line of the file may begin with this name. */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /** The line of the file that admits a key. */
    public static String line(String name, String key) {
        return name + ":" + HexFormat.of().formatHex(sha256().digest(key.getBytes(StandardCharsets.UTF_8)));
    }

    /** What {@link #include} wants a key hashed by. */
    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    /** Whether this is the hash of a key. Takes as long whichever it is, so that nothing can be learnt from the time. */
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
            throw file.unusable("is no text in UTF-8");
        }
    }
}
