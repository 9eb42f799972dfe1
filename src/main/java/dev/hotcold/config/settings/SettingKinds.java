package dev.hotcold.config.settings;

import dev.hotcold.config.parse.Flaw;
import dev.hotcold.config.parse.Masking;
import dev.hotcold.config.parse.Parsed;
import dev.hotcold.config.parse.WholeNumber;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The kinds of settings that more than one setting is of: how each is read, and what is allowed. */
final class SettingKinds {

    private static final String AUTO = "auto";
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,62}");

    private SettingKinds() {}

    static Setting<Integer> number(String name, String defaultText, WholeNumber range, String description) {
        return new Setting<>(name, defaultText, range.allowed(), description, Masking::plain, range::parse);
    }

    static Setting<Duration> duration(String name, String defaultText, WholeNumber range, String description) {
        return new Setting<>(name, defaultText, range.allowed(), description, Masking::plain, range::parseDuration);
    }

    /** A time that the service chooses, unless it is set: {@code auto} is empty. */
    static Setting<Optional<Duration>> autoOrDuration(
            String name, WholeNumber range, String autoMeans, String description) {
        String allowed = range.allowed() + "; auto = " + autoMeans;
        return new Setting<>(name, AUTO, allowed, description, Masking::plain, text -> {
            if (text.equalsIgnoreCase(AUTO)) {
                return new Parsed.Accepted<>(Optional.empty());
            }
            return switch (range.parseDuration(text)) {
                case Parsed.Accepted<Duration>(Duration value) -> new Parsed.Accepted<>(Optional.of(value));
                case Parsed.Rejected<Duration>(List<Flaw> flaws) ->
                    new Parsed.Rejected<>(flaws.stream()
                            .map(flaw -> new Flaw(allowed, flaw.fix()))
                            .toList());
            };
        });
    }

    /** A PEM file that there is; what it holds is looked at when it is used. */
    static Setting<Optional<Path>> file(String name, String description) {
        return new Setting<>(
                name, "", "readable PEM file", description, Masking::file, text -> readableFile(text, "PEM file"));
    }

    static Parsed<Optional<Path>> readableFile(String text, String kind) {
        if (text.isEmpty()) {
            return new Parsed.Accepted<>(Optional.empty());
        }
        try {
            Path path = Path.of(text);
            if (Files.isReadable(path) && !Files.isDirectory(path)) {
                return new Parsed.Accepted<>(Optional.of(path));
            }
        } catch (InvalidPathException e) {
            // Falls through: no such file.
        }
        return new Parsed.Rejected<>(List.of(Flaw.of("a readable " + kind)));
    }

    static Parsed<Optional<String>> text(String text) {
        return new Parsed.Accepted<>(Optional.of(text).filter(present -> !present.isEmpty()));
    }

    /** One of an enum's constants, in lower case. */
    static <E extends Enum<E>> Setting<E> choice(String name, String defaultText, Class<E> type, String description) {
        Map<String, E> choices = new LinkedHashMap<>();
        for (E constant : type.getEnumConstants()) {
            choices.put(constant.name().toLowerCase(Locale.ROOT), constant);
        }
        return choice(name, defaultText, choices, description);
    }

    static Setting<Boolean> flag(String name, String defaultText, String description) {
        Map<String, Boolean> choices = new LinkedHashMap<>();
        choices.put("on", true);
        choices.put("off", false);
        return choice(name, defaultText, choices, description);
    }

    /** Something that is done where it can be, unless it is switched off. */
    static Setting<Boolean> autoOrOff(String name, String description) {
        Map<String, Boolean> choices = new LinkedHashMap<>();
        choices.put(AUTO, true);
        choices.put("off", false);
        return choice(name, AUTO, choices, description);
    }

    private static <T> Setting<T> choice(String name, String defaultText, Map<String, T> choices, String description) {
        List<String> names = List.copyOf(choices.keySet());
        String allowed = String.join(", ", names.subList(0, names.size() - 1)) + " or " + names.getLast();
        return new Setting<>(name, defaultText, allowed, description, Masking::plain, text -> {
            T chosen = choices.get(text.toLowerCase(Locale.ROOT));
            return chosen == null ? new Parsed.Rejected<>(List.of(Flaw.of(allowed))) : new Parsed.Accepted<>(chosen);
        });
    }

    /** A name in PostgreSQL that needs no quotes. */
    static Setting<String> name(String name, String description) {
        String allowed = "lower-case letters, digits and underscores, at most 63, a letter first";
        return new Setting<>(name, "hotcold_user_api", allowed, description, Masking::plain, text -> {
            boolean valid = NAME.matcher(text).matches();
            return valid ? new Parsed.Accepted<>(text) : new Parsed.Rejected<>(List.of(Flaw.of(allowed)));
        });
    }

    static Parsed<Path> directory(String text) {
        try {
            Path path = Path.of(text);
            if (Files.isDirectory(path) || Files.notExists(path)) {
                return new Parsed.Accepted<>(path);
            }
        } catch (InvalidPathException e) {
            // Falls through: neither a directory nor a place for one.
        }
        return new Parsed.Rejected<>(List.of(Flaw.of("a directory, or a path where one can be made")));
    }
}
