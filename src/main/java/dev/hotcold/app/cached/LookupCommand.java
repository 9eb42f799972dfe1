package dev.hotcold.app.cached;

import dev.hotcold.app.console.Environment;
import dev.hotcold.app.console.Environment.Store;
import dev.hotcold.config.Config;
import dev.hotcold.user.UserId;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what each layer has of a user. */
@Command(
        name = "lookup",
        description = {
            "Show what Redis and PostgreSQL have of a user, whether they agree, and what a lookup would answer now and why.",
            "Changes nothing. A near cache within the service is not looked into."
        },
        exitCodeListHeading = "Exit codes: what a lookup now would answer%n",
        exitCodeList = {"0:a user", "1:an error", "2:wrong settings or arguments", "3:that there is no such user"})
public final class LookupCommand implements Callable<Integer> {

    /** Exit code: there is no such user. */
    static final int ABSENT = 3;

    @Parameters(paramLabel = "ID", converter = UserIdConverter.class, description = "The user_id.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private UserId id;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean isJson;

    @Override
    public Integer call() throws InterruptedException {
        Optional<Config> config = Environment.load(Set.of(Store.POSTGRES, Store.REDIS));
        if (config.isEmpty()) {
            return Environment.WRONG_SETTINGS;
        }
        UserLayers layers = UserLayers.look(id, config.get());
        long now = System.currentTimeMillis();
        Verdict verdict = Verdict.of(layers, now);
        LookupReport report = new LookupReport(layers, verdict, now);
        System.out.print(isJson ? report.json().encodePrettily() + "\n" : report.text());
        return verdict.answer().exitCode();
    }
}
