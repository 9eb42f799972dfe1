package dev.hotcold.config.settings;

import static dev.hotcold.config.settings.SettingKinds.file;
import static dev.hotcold.config.settings.SettingKinds.readableFile;

import dev.hotcold.config.parse.Masking;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Who may use the public port, and how it is encrypted. */
public final class TlsDefinitions {
    public static final Setting<Optional<Path>> TLS_CERT_FILE = file(
            "TLS_CERT_FILE",
            "certificate chain of the service, its own certificate first; set, PORT serves HTTPS instead of HTTP");
    public static final Setting<Optional<Path>> TLS_KEY_FILE =
            file("TLS_KEY_FILE", "private key of the certificate, RSA or EC, not encrypted");
    public static final Setting<Optional<Path>> TLS_CLIENT_CA_FILE = file(
            "TLS_CLIENT_CA_FILE",
            "authorities of client certificates; set, clients must present a certificate (mutual TLS)");
    public static final Setting<Optional<Path>> API_KEYS_FILE = new Setting<>(
            "API_KEYS_FILE",
            "",
            "readable file of lines NAME:SHA-256",
            "API keys accepted for lookups, sent as Authorization: Bearer KEY or X-API-Key: KEY; hotcold api-key creates"
                    + " one",
            Masking::file,
            text -> readableFile(text, "file of lines NAME:SHA-256"));

    static final SettingGroup GROUP = new SettingGroup(
            "TLS and keys", List.of(TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE, API_KEYS_FILE), """
            `TLS_CERT_FILE` and `TLS_KEY_FILE` go together. All four files are read again when they change; a file that cannot be
            used leaves what was read before in place, and a line in the log.
            """);

    private TlsDefinitions() {}
}
