package dev.hotcold.tls;

import io.vertx.core.net.impl.pkcs1.PrivateKeyParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.KeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/** Certificates and keys as OpenSSL writes them to files of PEM, and keys also of DER. What it fails with never quotes a file. */
public final class Pem {

    private static final Pattern CERTIFICATE =
            Pattern.compile("-----BEGIN (?:X509 )?CERTIFICATE-----([^-]*)-----END (?:X509 )?CERTIFICATE-----");
    private static final Pattern BEGIN_CERTIFICATE = Pattern.compile("-----BEGIN (?:X509 )?CERTIFICATE-----");
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN ((?:ENCRYPTED |RSA |EC )?)PRIVATE KEY-----([^-]*(?:-[^-]+)*)-----END ");

    /** The form of an encrypted key whose name says nothing of the cipher: its parameters do. */
    private static final String PBES2 = "1.2.840.113549.1.5.13";

    /** What a key in DER form begins with. */
    private static final byte DER_SEQUENCE = 0x30;

    private static final String PKCS8 = "openssl pkcs8 -topk8 -in OLD -out NEW";

    private Pem() {}

    /**
     * All certificates; text around them is passed over.
     *
     * @param file its name, for messages
     * @throws IOException if there is none, or one cannot be read or has no end
     */
    public static List<X509Certificate> certificates(InputStream content, Path file) throws IOException {
        List<X509Certificate> certificates = new ArrayList<>();
        String text = text(content);
        Matcher block = CERTIFICATE.matcher(text);
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            while (block.find()) {
                byte[] der = Base64.getMimeDecoder().decode(block.group(1));
                certificates.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
            }
        } catch (GeneralSecurityException | IllegalArgumentException unreadable) {
            throw new IOException(file + " holds a certificate that cannot be read", unreadable);
        }
        long begun = BEGIN_CERTIFICATE.matcher(text).results().count();
        if (begun > certificates.size()) {
            throw new IOException(file + " holds a certificate that is cut off: write the file again");
        }
        if (certificates.isEmpty()) {
            throw new IOException(file + " holds no certificate in PEM form");
        }
        return certificates;
    }

    /**
     * The first private key: PKCS #8, encrypted or not, or the older forms of RSA and EC, not encrypted. A file that is not PEM may
     * be DER, not encrypted, as with libpq.
     *
     * @param file its name, for messages
     * @param algorithm what kind of key is expected
     * @throws IOException if there is none, or it cannot be read
     */
    public static PrivateKey privateKey(InputStream content, Path file, String algorithm, Optional<String> password)
            throws IOException {
        byte[] bytes = content.readAllBytes();
        Matcher block = KEY.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
        if (!block.find()) {
            if (bytes.length > 0 && bytes[0] == DER_SEQUENCE) {
                return derKey(bytes, file, algorithm);
            }
            throw new IOException(file + " holds no private key in PEM or DER form");
        }
        if (block.group(2).contains("ENCRYPTED")) {
            throw new IOException(file + " is encrypted in OpenSSL's old form: convert it by " + PKCS8);
        }
        boolean isEncrypted = block.group(1).startsWith("ENCRYPTED");
        if (isEncrypted && password.isEmpty()) {
            throw new IOException(file + " is encrypted: give its password by sslpassword");
        }
        try {
            byte[] der = Base64.getMimeDecoder().decode(block.group(2));
            KeySpec spec = switch (block.group(1)) {
                case "ENCRYPTED " -> decrypted(der, password.orElseThrow());
                case "RSA " -> PrivateKeyParser.getRSAKeySpec(der);
                case "EC " -> PrivateKeyParser.getECKeySpec(der);
                default -> new PKCS8EncodedKeySpec(der);
            };
            return KeyFactory.getInstance(algorithm).generatePrivate(spec);
        } catch (GeneralSecurityException | IOException | RuntimeException unreadable) {
            // Its message may quote the file.
            throw new IOException(
                    isEncrypted
                            ? file + " cannot be decrypted with this sslpassword"
                            : file + " holds no " + algorithm + " key that can be read: convert it by " + PKCS8);
        }
    }

    /** Reads one form of a key, or fails. */
    @FunctionalInterface
    private interface Form {
        KeySpec read(byte[] der) throws GeneralSecurityException;
    }

    private static PrivateKey derKey(byte[] der, Path file, String algorithm) throws IOException {
        List<Form> forms = switch (algorithm) {
            case "RSA" -> List.of(PKCS8EncodedKeySpec::new, PrivateKeyParser::getRSAKeySpec);
            case "EC" -> List.of(PKCS8EncodedKeySpec::new, PrivateKeyParser::getECKeySpec);
            default -> List.of(PKCS8EncodedKeySpec::new);
        };
        for (Form form : forms) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(form.read(der));
            } catch (GeneralSecurityException | RuntimeException unreadable) {
                // It may be another form.
            }
        }
        throw new IOException(file + " holds no " + algorithm
                + " key that can be read: write it in PEM form, by openssl pkcs8 -topk8 -inform DER -in OLD -out NEW");
    }

    private static PKCS8EncodedKeySpec decrypted(byte[] der, String password)
            throws GeneralSecurityException, IOException {
        EncryptedPrivateKeyInfo key = new EncryptedPrivateKeyInfo(der);
        AlgorithmParameters parameters = key.getAlgParameters();
        String name = key.getAlgName();
        String algorithm = name.equals(PBES2) || name.equals("PBES2") ? parameters.toString() : name;
        Cipher cipher = Cipher.getInstance(algorithm);
        cipher.init(
                Cipher.DECRYPT_MODE,
                SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password.toCharArray())),
                parameters);
        return key.getKeySpec(cipher);
    }

    private static String text(InputStream content) throws IOException {
        return new String(content.readAllBytes(), StandardCharsets.ISO_8859_1);
    }
}
