package dev.hotcold.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What is packaged, and goes into the image, has no vulnerability that the project knows of. */
class AuditIT {

    @Test
    void bom_packaged_hasNoKnownVulnerability() {
        assertThat(Audit.findings(Library.ofBill(Path.of("target", "app", "bom.json"))))
                .as("raise the library (pom.xml), or say in security/vex.json why the service is not affected")
                .isEmpty();
    }
}
