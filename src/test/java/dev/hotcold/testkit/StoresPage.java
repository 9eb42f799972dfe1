package dev.hotcold.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** What {@code docs/operate/stores.md} tells owners to run: tests run it as it stands there. */
public final class StoresPage {

    private static final Pattern BLOCK = Pattern.compile("(?s)```\\w+\\n(.*?)```");

    private StoresPage() {}

    /** The block of statements or settings that contains this. */
    public static String block(String words) {
        try {
            return BLOCK.matcher(Files.readString(Path.of("docs", "operate", "stores.md")))
                    .results()
                    .map((MatchResult block) -> block.group(1))
                    .filter(block -> block.contains(words))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
