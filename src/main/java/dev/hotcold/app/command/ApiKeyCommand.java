package dev.hotcold.app.command;

import dev.hotcold.http.access.ApiKeys;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a key for a caller. */
@Command(
        name = "api-key",
        description = {
            "Make a key for a caller: prints the line for API_KEYS_FILE, and the key to standard error.",
            "Nothing is stored; the key cannot be read from the line."
        })
final class ApiKeyCommand implements Callable<Integer> {

    private static final int KEY_BYTES = 32;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "Whose key it is: letters, digits and ._-, at most 64.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String name;

    @Override
    public Integer call() {
        if (!ApiKeys.isName(name)) {
            throw new ParameterException(spec.commandLine(), "NAME must be letters, digits and ._-, at most 64");
        }
        byte[] random = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(random);
        String key = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        // On standard error, so that >> adds only the line to the file.
        System.err.println("The key, shown this once, for \"Authorization: Bearer KEY\":");
        System.err.println(key);
        System.out.println(ApiKeys.line(name, key));
        return 0;
    }
}
