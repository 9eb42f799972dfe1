package dev.hotcold.config;

import dev.hotcold.config.Effective.Origin;
import dev.hotcold.config.parse.Flaw;
import dev.hotcold.config.parse.Parsed;
import dev.hotcold.config.settings.Setting;
import dev.hotcold.config.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads settings from an environment and collects what is wrong with them. Confined to: one load. */
final class EnvironmentReader {
    /** Shown for a setting that has no value. */
    static final String NONE = "(none)";

    private final Map<String, String> environment;
    private final List<Problem> problems = new ArrayList<>();

    EnvironmentReader(Map<String, String> environment) {
        this.environment = environment;
    }

    /** The variable's text without surrounding white space; empty if unset or blank. */
    Optional<String> text(Setting<?> setting) {
        return Optional.ofNullable(environment.get(setting.name()))
                .map(String::strip)
                .filter(text -> !text.isEmpty());
    }

    boolean isSet(Setting<?> setting) {
        return text(setting).isPresent();
    }

    /** The setting's value; its default if unset, or if what it says is not allowed, which is noted as a problem. */
    <T> T read(Setting<T> setting) {
        Optional<String> text = text(setting);
        if (text.isEmpty()) {
            return setting.defaultValue();
        }
        return switch (setting.parse(text.get())) {
            case Parsed.Accepted<T>(T value) -> value;
            case Parsed.Rejected<T>(List<Flaw> flaws) -> {
                flaws.forEach(flaw -> report(setting, flaw));
                yield setting.defaultValue();
            }
        };
    }

    void report(Setting<?> setting, Flaw flaw) {
        String shown = setting.shown().apply(text(setting).orElse(setting.defaultText()));
        Problem problem = new Problem(setting.name(), shown, flaw.allowed(), flaw.fix());
        if (!problems.contains(problem)) {
            problems.add(problem);
        }
    }

    boolean hasProblem(Setting<?> setting) {
        return problems.stream().anyMatch(problem -> problem.name().equals(setting.name()));
    }

    /** All problems, in the order that settings are documented. */
    List<Problem> problems() {
        return Settings.ALL.stream()
                .flatMap(setting ->
                        problems.stream().filter(problem -> problem.name().equals(setting.name())))
                .toList();
    }

    /** What the setting came to, as far as its own variable says. */
    Effective effective(Setting<?> setting) {
        String shown = setting.shown().apply(text(setting).orElse(setting.defaultText()));
        return new Effective(
                setting.name(), shown.isEmpty() ? NONE : shown, isSet(setting) ? Origin.ENVIRONMENT : Origin.DEFAULT);
    }
}
