package dev.hotcold.app.cached;

import dev.hotcold.app.cached.UserLayers.Cold;
import dev.hotcold.app.cached.UserLayers.Hot;
import dev.hotcold.hot.blocking.RedisView;
import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.user.User;
import dev.hotcold.verify.Verification;
import java.util.Optional;

/**
 * What a lookup would answer now, and why.
 *
 * @param agreement whether both stores have the same
 */
record Verdict(Answer answer, String why, String agreement) {

    /** What a caller would get. */
    enum Answer {
        FROM_REDIS("200 from Redis", 0),
        STALE_FROM_REDIS("200 from Redis, stale or unproven", 0),
        FROM_POSTGRES("200 from PostgreSQL", 0),
        ABSENT_IN_REDIS("404 from Redis", LookupCommand.ABSENT),
        ABSENT_IN_POSTGRES("404 from PostgreSQL", LookupCommand.ABSENT),
        NONE("500", 1);

        private final String words;
        private final int exitCode;

        Answer(String words, int exitCode) {
            this.words = words;
            this.exitCode = exitCode;
        }

        int exitCode() {
            return exitCode;
        }

        @Override
        public String toString() {
            return words;
        }
    }

    /** @param now milliseconds since 1970 */
    static Verdict of(UserLayers layers, long now) {
        String agreement = agreement(layers);
        if (!(layers.redis() instanceof Hot.Seen(RedisView view))) {
            return postgres(layers, "Redis does not answer", false, agreement);
        }
        Optional<String> refusal = layers.refusal();
        if (refusal.isPresent()) {
            return postgres(layers, "Redis is left alone: it " + refusal.get(), false, agreement);
        }
        if (view.cached().isPresent()) {
            return cached(layers, view.cached().get(), now, agreement);
        }
        if (view.absence().isThere() && !view.user().isThere()) {
            return layers.isYoungEnough()
                    ? new Verdict(Answer.ABSENT_IN_REDIS, "a note says that there is no such user", agreement)
                    : postgres(layers, "the note of absence is not proven fresh", false, agreement);
        }
        return postgres(layers, miss(view), false, agreement);
    }

    private static Verdict cached(UserLayers layers, CachedUser cached, long now, String agreement) {
        if (cached.softExpiry() <= now) {
            return postgres(layers, "the soft TTL is over", true, agreement);
        }
        if (!layers.isYoungEnough()) {
            return postgres(
                    layers,
                    "what is cached is not proven to be younger than MAX_STALENESS_MS: the change feed counts no beats",
                    true,
                    agreement);
        }
        return new Verdict(
                Answer.FROM_REDIS,
                layers.isProven()
                        ? "cached, and proven fresh by the change feed"
                        : "cached, and no proof is demanded: " + layers.whyNotDemanded(),
                agreement);
    }

    private static String miss(RedisView view) {
        String nothing = view.user().isThere() ? "the value is damaged" : "nothing is cached";
        if (!view.lease().isThere()) {
            return nothing + "; the lookup gets the lease and fills";
        }
        return view.lease().value().equals(Optional.of(RedisView.HOLD))
                ? nothing + ", and a change on its way forbids to fill"
                : nothing + "; another lookup holds the lease, and this one waits until that has filled";
    }

    /** @param isKept whether what is cached would be served should PostgreSQL fail */
    private static Verdict postgres(UserLayers layers, String why, boolean isKept, String agreement) {
        return switch (layers.postgres()) {
            case Cold.Seen seen ->
                new Verdict(seen.user().isPresent() ? Answer.FROM_POSTGRES : Answer.ABSENT_IN_POSTGRES, why, agreement);
            case Cold.Failed _ ->
                new Verdict(
                        isKept ? Answer.STALE_FROM_REDIS : Answer.NONE,
                        why + ", and PostgreSQL does not answer",
                        agreement);
        };
    }

    private static String agreement(UserLayers layers) {
        if (!(layers.redis() instanceof Hot.Seen(RedisView view)) || !(layers.postgres() instanceof Cold.Seen seen)) {
            return "unknown";
        }
        Optional<User> user = seen.user();
        if (view.cached().isPresent()) {
            if (user.isEmpty()) {
                return "no: Redis has a user that PostgreSQL does not have";
            }
            return Verification.isSame(view.cached().get().user(), user.get()) ? "yes" : "no: Redis has another value";
        }
        if (view.absence().isThere()) {
            return user.isEmpty() ? "yes" : "no: Redis notes that there is no such user";
        }
        return view.user().isThere() ? "no: what Redis has is damaged" : "nothing is cached";
    }
}
