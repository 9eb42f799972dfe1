package dev.hotcold.hot.deployment;

import dev.hotcold.freshness.Deployment;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What stands beside the cached users and says whose they are: {@code {"system":…,"database":…,"table":…,"layout":1}}. It begins with
 * {@code "clearing":TOKEN} while that one removes users of the deployment before.
 *
 * @param owner whose they are
 * @param layout of keys and values: {@link #LAYOUT} = that of this version
 * @param isCleared whether nothing of another deployment is left
 */
public record Mark(Deployment owner, int layout, boolean isCleared) {

    /** Raised when keys or values change so that versions cannot read each other's. */
    static final int LAYOUT = 1;

    /** What the script compares, behind the system: the rest of the object. */
    static String body(Deployment deployment) {
        String rest = new JsonObject()
                .put("database", deployment.database())
                .put("table", deployment.table())
                .put("layout", LAYOUT)
                .encode();
        return rest.substring(1);
    }

    /** The mark that these bytes are; empty: there is none. What is no mark of ours is one of nobody known. */
    public static Optional<Mark> of(byte @Nullable [] found) {
        if (found == null || found.length == 0) {
            return Optional.empty();
        }
        try {
            JsonObject json = new JsonObject(new String(found, StandardCharsets.UTF_8));
            Deployment owner =
                    new Deployment(text(json, "system", ""), text(json, "database", "?"), text(json, "table", "?"));
            int layout = Objects.requireNonNullElse(json.getInteger("layout"), 0);
            return Optional.of(new Mark(owner, layout, !json.containsKey("clearing")));
        } catch (DecodeException | ClassCastException unknown) {
            return Optional.of(new Mark(new Deployment("", "?", "?"), 0, true));
        }
    }

    private static String text(JsonObject json, String member, String unknown) {
        return Objects.requireNonNullElse(json.getString(member), unknown);
    }

    /**
     * Why a deployment may not use what is cached; empty = it may.
     *
     * @param deployment empty: it is not known yet, and what is there is used
     */
    public Optional<String> refusal(Optional<Deployment> deployment) {
        if (deployment.isPresent() && !(layout == LAYOUT && owner.isSame(deployment.get()))) {
            return Optional.of("has the cache of " + owner + ", and this is " + deployment.get()
                    + ": give each a REDIS_KEY_PREFIX of its own, or a REDIS_ADDR");
        }
        return isCleared ? Optional.empty() : Optional.of("is being cleared of another deployment's users");
    }
}
