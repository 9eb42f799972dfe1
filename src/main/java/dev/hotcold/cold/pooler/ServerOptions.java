package dev.hotcold.cold.pooler;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Options of PostgreSQL's command line that a session begins with, as PostgreSQL reads them. */
public final class ServerOptions {

    private ServerOptions() {}

    /**
     * The search path that they set; empty = they set none.
     *
     * @param options such as {@code -c search_path=tenant}
     */
    public static Optional<String> searchPath(String options) {
        Optional<String> found = Optional.empty();
        Iterator<String> words = words(options).iterator();
        while (words.hasNext()) {
            String word = words.next();
            String setting = "";
            if (word.equals("-c")) {
                setting = words.hasNext() ? words.next() : "";
            } else if (word.startsWith("-c") || word.startsWith("--")) {
                setting = word.substring(2);
            }
            int equals = setting.indexOf('=');
            String name = setting.substring(0, Math.max(equals, 0)).replace('-', '_');
            if (name.toLowerCase(Locale.ROOT).equals("search_path")) {
                // The last one counts.
                found = Optional.of(setting.substring(equals + 1));
            }
        }
        return found;
    }

    /** They stand apart by blanks, but for those behind a backslash. */
    private static List<String> words(String options) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean begun = false;
        for (int i = 0; i < options.length(); i++) {
            char c = options.charAt(i);
            if (Character.isWhitespace(c)) {
                if (begun) {
                    words.add(word.toString());
                }
                word.setLength(0);
                begun = false;
                continue;
            }
            begun = true;
            if (c == '\\' && i + 1 < options.length()) {
                c = options.charAt(++i);
            }
            word.append(c);
        }
        if (begun) {
            words.add(word.toString());
        }
        return words;
    }
}
