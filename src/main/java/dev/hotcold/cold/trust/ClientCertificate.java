package dev.hotcold.cold.trust;

import dev.hotcold.tls.AuthorityFile;
import dev.hotcold.tls.MatchingKeys;
import dev.hotcold.tls.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * What the service shows to a server that asks who it is.
 *
 * @param certificates PEM file of its certificate and those between it and the authority
 * @param key file of the private key, PEM or DER
 * @param password of the key; empty: the key is not encrypted
 */
public record ClientCertificate(Path certificates, Path key, Optional<String> password) {

    private static final Set<PosixFilePermission> OWNER = EnumSet.of(
            PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);

    /**
     * Reads both files. Blocks, as {@link AuthorityFile#open} does.
     *
     * @throws IOException with words for an operator
     */
    X509ExtendedKeyManager load() throws IOException {
        checkKey();
        List<X509Certificate> chain = Pem.certificates(AuthorityFile.open(certificates), certificates);
        PublicKey publicKey = chain.getFirst().getPublicKey();
        PrivateKey privateKey = Pem.privateKey(AuthorityFile.open(key), key, publicKey.getAlgorithm(), password);
        if (!MatchingKeys.match(publicKey, privateKey)) {
            throw new IOException(key + " is not the key of the first certificate in " + certificates);
        }
        return new ClientKey(chain, privateKey);
    }

    /**
     * Fails as libpq does: a key that others can read is no secret.
     *
     * @throws IOException with words for an operator
     */
    public void checkKey() throws IOException {
        AuthorityFile.checkRegular(key);
        PosixFileAttributeView view = Files.getFileAttributeView(key, PosixFileAttributeView.class);
        if (view == null) {
            return;
        }
        PosixFileAttributes attributes = view.readAttributes();
        Set<PosixFilePermission> open = new HashSet<>(attributes.permissions());
        open.removeAll(OWNER);
        Object owner = Files.getAttribute(key, "unix:uid");
        if (owner.equals(0)) {
            open.remove(PosixFilePermission.GROUP_READ);
        }
        if (!open.isEmpty()) {
            throw new IOException(key + " can be read or written by others than its owner: chmod 0600 it"
                    + " (0640 where it belongs to root)");
        }
    }

    /** Never shows the password. */
    @Override
    public String toString() {
        return certificates + " with " + key;
    }
}
