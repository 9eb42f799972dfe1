package dev.hotcold.testkit.model;

import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The database with its history. Each version of a user is another; a commit is in the log first, and queries see it later.
 * The lock of a row keeps the next change of the same user out until then.
 */
public final class ModelDatabase {

    /** A change in the log. */
    public static final class Commit {

        private final UserId id;
        private final int version;
        private boolean seen;

        private Commit(UserId id, int version) {
            this.id = id;
            this.version = version;
        }

        /** Whom it changed. */
        public UserId id() {
            return id;
        }

        /** The version that it made. */
        public int version() {
            return version;
        }

        /** Whether new queries see it. */
        public boolean isSeen() {
            return seen;
        }
    }

    /** One user through time. */
    private static final class History {

        private final List<@Nullable User> versions = new ArrayList<>();
        private final List<@Nullable String> members = new ArrayList<>();
        private int seen;
        private int settled;

        private void add(UserId id, boolean exists) {
            User user = exists ? new User(id, "v" + versions.size(), "p") : null;
            versions.add(user);
            members.add(user == null ? null : UserJson.encode(user).toString());
        }
    }

    private final Map<UserId, History> users = new HashMap<>();
    private final List<Commit> log = new ArrayList<>();

    /** A user with its first version, which is in no log. */
    public void add(UserId id, boolean exists) {
        History history = new History();
        history.add(id, exists);
        users.put(id, history);
    }

    /** Whether the user can be changed now: queries see its last change. */
    public boolean isUnlocked(UserId id) {
        History history = history(id);
        return history.seen == history.versions.size() - 1;
    }

    /** Writes a commit to the log. */
    public void change(UserId id, boolean exists) {
        History history = history(id);
        int version = history.versions.size();
        history.add(id, exists);
        log.add(new Commit(id, version));
    }

    /** Commits that queries do not see yet. */
    public List<Commit> unseen() {
        return log.stream().filter(commit -> !commit.seen).toList();
    }

    /** From now on queries see the commit. */
    public void show(Commit commit) {
        commit.seen = true;
        history(commit.id).seen = commit.version;
    }

    /** The log, oldest first. */
    public List<Commit> log() {
        return log;
    }

    /** A version of the user; null = it did not exist. */
    public @Nullable User version(UserId id, int version) {
        return history(id).versions.get(version);
    }

    /** A version of the user as the members of its JSON; null = it did not exist. */
    public @Nullable String members(UserId id, int version) {
        return history(id).members.get(version);
    }

    /** The last version that is in the log. */
    public int logged(UserId id) {
        return history(id).versions.size() - 1;
    }

    /** The version that a query sees now. */
    public int seen(UserId id) {
        return history(id).seen;
    }

    /** The version that the change feed has applied for good: nothing older can be cached any more. */
    public int settled(UserId id) {
        return history(id).settled;
    }

    /** The change feed has applied a version that queries saw. */
    void settle(UserId id, int version) {
        History history = history(id);
        history.settled = Math.max(history.settled, version);
    }

    private History history(UserId id) {
        History history = users.get(id);
        if (history == null) {
            throw new IllegalArgumentException("no such user: " + id);
        }
        return history;
    }
}
