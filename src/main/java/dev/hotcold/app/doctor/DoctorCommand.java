package dev.hotcold.app.doctor;

import dev.hotcold.app.console.Environment;
import dev.hotcold.app.doctor.Finding.Severity;
import dev.hotcold.config.Loaded;
import dev.hotcold.hot.connection.RedisResources;
import dev.hotcold.log.Printable;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Checks everything that the service needs. */
@Command(
        name = "doctor",
        description = {
            "Connect to everything that the service needs, check it, and say how to fix what is wrong.",
            "Changes nothing, but for a key in Redis that is nobody's, for a millisecond. Run it as, and where, the service runs:"
                    + " limits of files and memory are those of this process."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:nothing failed",
            "1:something failed, or with --strict is warned of",
            "2:wrong settings or arguments"
        })
public final class DoctorCommand implements Callable<Integer> {

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean isJson;

    @Option(names = "--strict", description = "Warnings fail too.")
    private boolean isStrict;

    @Override
    public Integer call() {
        Optional<Loaded.Valid> loaded = Environment.loadInSilence();
        if (loaded.isEmpty()) {
            return Environment.WRONG_SETTINGS;
        }
        List<Finding> findings;
        try (RedisResources resources = new RedisResources(false)) {
            findings = Diagnosis.of(loaded.get(), resources);
        }
        System.out.print(isJson ? json(findings).encodePrettily() + "\n" : text(findings));
        Severity tolerated = isStrict ? Severity.OK : Severity.WARN;
        return findings.stream().allMatch(finding -> finding.severity().compareTo(tolerated) <= 0) ? 0 : 1;
    }

    private static long count(List<Finding> findings, Severity severity) {
        return findings.stream()
                .filter(finding -> finding.severity() == severity)
                .count();
    }

    private static String text(List<Finding> findings) {
        StringBuilder text = new StringBuilder();
        for (Finding finding : findings) {
            text.append("%-4s  %-11s  %s%n"
                    .formatted(name(finding.severity()), finding.area(), Printable.line(finding.what())));
            if (!finding.fix().isEmpty()) {
                text.append("%19s-> %s%n".formatted("", Printable.line(finding.fix())));
            }
        }
        return text.append("%d ok, %d warnings, %d failed%n"
                        .formatted(
                                count(findings, Severity.OK),
                                count(findings, Severity.WARN),
                                count(findings, Severity.FAIL)))
                .toString();
    }

    private static JsonObject json(List<Finding> findings) {
        JsonArray all = new JsonArray();
        findings.forEach(finding -> all.add(new JsonObject()
                .put("severity", name(finding.severity()))
                .put("area", finding.area())
                .put("what", finding.what())
                .put("fix", finding.fix())));
        JsonObject json = new JsonObject().put("findings", all);
        for (Severity severity : Severity.values()) {
            json.put(name(severity), count(findings, severity));
        }
        return json;
    }

    private static String name(Severity severity) {
        return severity.name().toLowerCase(Locale.ROOT);
    }
}
