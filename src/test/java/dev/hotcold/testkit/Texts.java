package dev.hotcold.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Random texts that are rich in what breaks encoders: quotes, controls, every plane of Unicode, lone surrogates. */
public final class Texts {

    private static final String AWKWARD =
            "\"\\/\b\f\n\r\t<>&' \u007f\u0080\u07ff\u0800\u2028\u2029\ufeff\ufffd\uffff{}[]:,";

    private Texts() {}

    /** Texts that every run should see, whatever the seed. Valid in PostgreSQL: without U+0000 and lone surrogates. */
    public static List<String> classics() {
        List<String> classics = new ArrayList<>(List.of(
                "",
                " ",
                "plain",
                "\"",
                "\\",
                "\\u0041",
                "\"}",
                "line\nbreak\ttab \\ slash / <b>&amp;</b>",
                "Привет 👋 \u2028 é",
                "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67",
                "\udbff\udfff",
                AWKWARD,
                "x".repeat(1 << 20),
                "👋".repeat(1 << 18)));
        for (char control = 1; control < 0x20; control++) {
            classics.add("a" + control + "b");
        }
        return classics;
    }

    /** A random text without U+0000 and lone surrogates. */
    public static String valid(RandomGenerator random) {
        return text(random, false);
    }

    /** Any sequence of UTF-16 units. */
    public static String any(RandomGenerator random) {
        return text(random, true);
    }

    private static String text(RandomGenerator random, boolean anything) {
        int length = random.nextInt(10) == 0 ? random.nextInt(2000) : random.nextInt(24);
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            switch (random.nextInt(anything ? 6 : 5)) {
                case 0 -> text.append((char) random.nextInt(0x20, 0x7f));
                case 1 -> text.append(AWKWARD.charAt(random.nextInt(AWKWARD.length())));
                case 2 -> text.append((char) random.nextInt(1, 0x20));
                case 3 -> text.append((char) random.nextInt(0x80, 0xd800));
                case 4 -> text.appendCodePoint(random.nextInt(0x10000, 0x110000));
                default -> text.append((char) random.nextInt(0x10000));
            }
        }
        return text.toString();
    }
}
