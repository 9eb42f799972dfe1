package dev.hotcold.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The files were written by OpenSSL 3; the password of those that have one is {@code secret}. */
class PemTest {

    @ParameterizedTest
    @CsvSource({
        "rsa, rsa.key, '', SHA256withRSA",
        "rsa, rsa-pkcs1.key, '', SHA256withRSA",
        "rsa, rsa-encrypted.key, secret, SHA256withRSA",
        // Between text, and behind the parameters of the curve.
        "ec, ec-sec1.key, '', SHA256withECDSA",
        "ec, ec.key, '', SHA256withECDSA",
        "ec, ec-encrypted.key, secret, SHA256withECDSA",
        "ed, ed.key, '', Ed25519",
        // DER, also in the older forms.
        "rsa, rsa.der, '', SHA256withRSA",
        "rsa, rsa-pkcs1.der, '', SHA256withRSA",
        "ec, ec.der, '', SHA256withECDSA",
        "ec, ec-sec1.der, '', SHA256withECDSA",
        "ed, ed.der, '', Ed25519",
        // Not encrypted: as with libpq, a password is no harm.
        "rsa, rsa.key, secret, SHA256withRSA",
    })
    void privateKey_asOpenSslWritesIt_isThatOfTheCertificate(
            String certificate, String key, String password, String algorithm) throws Exception {
        PublicKey publicKey = Pem.certificates(file(certificate + ".pem"), Path.of("c"))
                .getFirst()
                .getPublicKey();

        PrivateKey privateKey = Pem.privateKey(file(key), Path.of("k"), publicKey.getAlgorithm(), password(password));

        byte[] text = {1, 2, 3};
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(privateKey);
        signature.update(text);
        byte[] signed = signature.sign();
        signature.initVerify(publicKey);
        signature.update(text);
        assertThat(signature.verify(signed)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "rsa-encrypted.key, '', 'k is encrypted: give its password by sslpassword'",
        "rsa-encrypted.key, wrong, 'k cannot be decrypted with this sslpassword'",
        "rsa-old-encrypted.key, secret, k is encrypted in OpenSSL's old form: convert it by openssl pkcs8 -topk8 -in OLD -out NEW",
        "ec-scrypt.key, secret, 'k cannot be decrypted with this sslpassword'",
        "rsa.pem, '', k holds no private key in PEM or DER form",
        "ec.der, '', 'k holds no RSA key that can be read: write it in PEM form, by openssl pkcs8 -topk8 -inform DER"
                + " -in OLD -out NEW'",
        "ec.key, '', k holds no RSA key that can be read: convert it by openssl pkcs8 -topk8 -in OLD -out NEW",
    })
    void privateKey_thatCannotBeUsed_saysWhatToDo(String key, String password, String why) {
        assertThatThrownBy(() -> Pem.privateKey(file(key), Path.of("k"), "RSA", password(password)))
                .isInstanceOf(IOException.class)
                .hasMessage(why);
    }

    @Test
    void certificates_none_isSaid() {
        assertThatThrownBy(() -> Pem.certificates(file("rsa.key"), Path.of("c")))
                .hasMessage("c holds no certificate in PEM form");
    }

    /** Whoever writes it has got so far. */
    @Test
    void certificates_theLastCutOff_isSaid() throws IOException {
        String whole = new String(file("rsa.pem").readAllBytes(), StandardCharsets.US_ASCII);
        String cut = whole + whole.substring(0, whole.length() / 2);

        assertThatThrownBy(() -> Pem.certificates(
                        new ByteArrayInputStream(cut.getBytes(StandardCharsets.US_ASCII)), Path.of("c")))
                .hasMessage("c holds a certificate that is cut off: write the file again");
    }

    @Test
    void certificates_damaged_isSaid() {
        InputStream damaged = new ByteArrayInputStream(
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".getBytes(StandardCharsets.US_ASCII));

        assertThatThrownBy(() -> Pem.certificates(damaged, Path.of("c")))
                .hasMessage("c holds a certificate that cannot be read");
    }

    private static Optional<String> password(String text) {
        return Optional.of(text).filter(password -> !password.isEmpty());
    }

    private static InputStream file(String name) {
        return Objects.requireNonNull(PemTest.class.getResourceAsStream(name), name);
    }
}
