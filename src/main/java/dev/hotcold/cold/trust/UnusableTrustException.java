package dev.hotcold.cold.trust;

import java.io.IOException;

/** A file that the settings name cannot be used. The message, for an operator, names parameter, setting and file. */
public final class UnusableTrustException extends IOException {

    private static final long serialVersionUID = 1;

    private final String parameters;
    private final String reason;

    UnusableTrustException(String parameters, String setting, IOException unusable) {
        this(parameters, setting, String.valueOf(unusable.getMessage()), unusable);
    }

    UnusableTrustException(String parameters, String setting, String reason, Exception unusable) {
        super(parameters + " in " + setting + ": " + reason, unusable);
        this.parameters = parameters;
        this.reason = reason;
    }

    /** Those of the URL that name the file. */
    public String parameters() {
        return parameters;
    }

    /** The message without parameter and setting. */
    public String reason() {
        return reason;
    }
}
