package dev.hotcold.cold.trust;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.CertificateBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** As libpq: src/interfaces/libpq/fe-secure-common.c, and fe-secure-openssl.c. */
class ServerNameTest {

    @ParameterizedTest
    @CsvSource({
        "db.example.com, db.example.com, true",
        "DB.example.com, db.EXAMPLE.com, true",
        "db.example.com, db.example.com., true",
        "db_1.example.com, db_1.example.com, true",
        "db.example.com, other.example.com, false",
        "*.example.com, db_1.example.com, true",
        "*.example.com, a.b.example.com, false",
        "*.example.com, example.com, false",
        "*.example.com, .example.com, false",
        "d*.example.com, db.example.com, false",
        "*, db, false",
        // Textually, as libpq has it.
        "127.0.0.1, 127.0.0.1, true",
    })
    void isIn_dnsName_matches(String name, String host, boolean expected) throws Exception {
        assertThat(ServerName.isIn(certificate("CN=" + host, dnsName(name)), host))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 127.0.0.1, true",
        "127.0.0.1, 127.0.0.2, false",
        "2001:db8::7, 2001:DB8:0:0::7, true",
        "2001:db8::7, 2001:db8::8, false",
    })
    void isIn_address_matchesByItsBytes(String address, String host, boolean expected) throws Exception {
        X509Certificate certificate =
                builder("CN=" + host).addSanIpAddress(address).buildSelfSigned().getCertificate();

        assertThat(ServerName.isIn(certificate, host)).isEqualTo(expected);
    }

    @Test
    void isIn_starInPlaceOfADigit_doesNotMatch() throws Exception {
        assertThat(ServerName.isIn(certificate("O=x", dnsName("*.0.0.1")), "127.0.0.1"))
                .isFalse();
    }

    /** It counts only where no other name of the host's kind is there. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CN=db_1            | db_1      | true",
                "O=x, CN=*.local    | db.local  | true",
                "CN=127.0.0.1       | 127.0.0.1 | true",
                "CN=other           | db        | false",
                "O=db               | db        | false",
            })
    void isIn_commonNameAlone_matches(String subject, String host, boolean expected) throws Exception {
        assertThat(ServerName.isIn(builder(subject).buildSelfSigned().getCertificate(), host))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "db, true",
        "db_1, true",
        "db.example.com., true",
        "127.0.0.1, false",
        "::1, false",
        "fe80::1%none, false"
    })
    void indication_isOfNamesOnly(String host, boolean expected) {
        assertThat(ServerName.indication(host)).hasSize(expected ? 1 : 0);
    }

    private static X509Certificate certificate(String subject, byte[] alternatives) throws Exception {
        return builder(subject)
                .addExtensionOctetString("2.5.29.17", false, alternatives)
                .buildSelfSigned()
                .getCertificate();
    }

    private static CertificateBuilder builder(String subject) {
        return new CertificateBuilder()
                .subject(subject)
                .setIsCertificateAuthority(true)
                .ecp256();
    }

    private static byte[] dnsName(String name) {
        byte[] text = name.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer list = ByteBuffer.allocate(128).put((byte) 0x30).put((byte) (text.length + 2));
        list.put((byte) 0x82).put((byte) text.length).put(text);
        return Arrays.copyOf(list.array(), list.position());
    }
}
