package dev.hotcold.config;

import static dev.hotcold.config.Effective.Origin.EMBEDDED;
import static dev.hotcold.config.Effective.Origin.ENVIRONMENT;

import dev.hotcold.config.parse.RedisAddress;
import dev.hotcold.config.settings.RedisDefinitions;
import dev.hotcold.config.settings.Setting;
import dev.hotcold.hot.connection.RedisLocation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where and as whom to log in to Redis: REDIS_ADDR, overridden by REDIS_USERNAME, REDIS_PASSWORD and REDIS_DB, each by
 * itself. An embedded server knows no users and no passwords.
 */
record RedisLogin(
        RedisAddress address, Optional<String> username, Optional<String> password, Sentinels sentinels, int database) {

    /** Whom to log in to the Sentinels as. */
    record Sentinels(Optional<String> username, Optional<String> password) {}

    static RedisLogin read(EnvironmentReader in) {
        RedisAddress address = in.read(RedisDefinitions.REDIS_ADDR);
        Optional<String> username = in.read(RedisDefinitions.REDIS_USERNAME).or(address::username);
        Optional<String> password = in.read(RedisDefinitions.REDIS_PASSWORD).or(address::password);
        int database = in.read(RedisDefinitions.REDIS_DB);
        return new RedisLogin(
                address,
                in.isSet(RedisDefinitions.REDIS_ADDR) ? username : Optional.empty(),
                in.isSet(RedisDefinitions.REDIS_ADDR) ? password : Optional.empty(),
                new Sentinels(
                        in.read(RedisDefinitions.REDIS_SENTINEL_USERNAME),
                        in.read(RedisDefinitions.REDIS_SENTINEL_PASSWORD)),
                in.isSet(RedisDefinitions.REDIS_DB)
                        ? database
                        : address.database().orElse(database));
    }

    /** Where Redis is. */
    RedisLocation location() {
        List<RedisLocation.Server> servers = address.servers().stream()
                .map(server -> new RedisLocation.Server(server.host(), server.port()))
                .toList();
        return address.primary().isEmpty()
                ? servers.getFirst()
                : new RedisLocation.Sentinels(
                        servers, address.primary().get(), sentinels.username(), sentinels.password());
    }

    List<String> warnings(EnvironmentReader in) {
        List<String> warnings = new ArrayList<>();
        address.ignoredParameters()
                .forEach(name -> warnings.add("REDIS_ADDR: parameter " + name + " is not supported and is ignored"));
        if (in.isSet(RedisDefinitions.REDIS_TLS_CA_FILE) && !address.tls()) {
            warnings.add("REDIS_TLS_CA_FILE has no effect: REDIS_ADDR does not begin with rediss:// or"
                    + " rediss-sentinel://");
        }
        if (address.primary().isEmpty()) {
            List.of(RedisDefinitions.REDIS_SENTINEL_USERNAME, RedisDefinitions.REDIS_SENTINEL_PASSWORD).stream()
                    .filter(in::isSet)
                    .forEach(
                            setting -> warnings.add(
                                    setting.name()
                                            + " has no effect: REDIS_ADDR does not begin with redis-sentinel:// or rediss-sentinel://"));
        }
        if (!in.isSet(RedisDefinitions.REDIS_ADDR)) {
            List.of(RedisDefinitions.REDIS_USERNAME, RedisDefinitions.REDIS_PASSWORD).stream()
                    .filter(in::isSet)
                    .forEach(setting -> warnings.add(
                            setting.name() + " has no effect: REDIS_ADDR is unset, and embedded Redis has no users"));
        } else if (username.isPresent() && password.isEmpty() && in.problems().isEmpty()) {
            warnings.add("the Redis user " + username.get() + " has no effect without a password");
        }
        return warnings;
    }

    /** What the four settings came to; empty for any other. */
    Optional<Effective> effective(Setting<?> setting, EnvironmentReader in) {
        if (setting.equals(RedisDefinitions.REDIS_ADDR)) {
            return Optional.of(
                    in.isSet(setting)
                            ? new Effective(setting.name(), address.toString(), ENVIRONMENT)
                            : new Effective(setting.name(), "(embedded)", EMBEDDED));
        }
        if (setting.equals(RedisDefinitions.REDIS_USERNAME)) {
            return Optional.of(login(setting, username, in));
        }
        if (setting.equals(RedisDefinitions.REDIS_PASSWORD)) {
            return Optional.of(login(setting, password, in));
        }
        if (setting.equals(RedisDefinitions.REDIS_DB) && address.database().isPresent()) {
            return Optional.of(new Effective(setting.name(), Integer.toString(database), ENVIRONMENT));
        }
        return Optional.empty();
    }

    private static Effective login(Setting<?> setting, Optional<String> value, EnvironmentReader in) {
        if (!in.isSet(RedisDefinitions.REDIS_ADDR)) {
            return new Effective(setting.name(), EnvironmentReader.NONE, EMBEDDED);
        }
        return value.map(text -> new Effective(setting.name(), setting.shown().apply(text), ENVIRONMENT))
                .orElseGet(() -> in.effective(setting));
    }
}
