package dev.hotcold.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.local.DemoUsers;
import dev.hotcold.testkit.Servers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The compose file's users are those of {@code serve --demo}, letter by letter. */
class DemoUsersFileIT {

    private final Servers servers = Servers.shared();

    private String file;

    @BeforeEach
    void read() throws IOException {
        servers.reset();
        file = Files.readString(Path.of("deploy", "demo-users.sql"));
    }

    @Test
    void file_emptyTable_addsTheUsersOfServe() throws SQLException {
        servers.sql(file);
        List<String> ofFile = users();
        servers.reset();

        DemoUsers.load(servers.postgres().jdbcUrl());

        assertThat(ofFile).isNotEmpty().isEqualTo(users());
    }

    @Test
    void file_usersThatAreThere_stayAsTheyAre() {
        servers.put(DemoUsers.EXAMPLE_ID, "app://changed", "Changed");

        servers.sql(file);

        assertThat(users()).hasSizeGreaterThan(1).contains("(alice,app://changed,Changed)");
    }

    private List<String> users() {
        return servers.queryStrings("SELECT users::text FROM users ORDER BY user_id");
    }
}
