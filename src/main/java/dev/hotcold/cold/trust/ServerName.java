package dev.hotcold.cold.trust;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.StandardConstants;
import javax.security.auth.x500.X500Principal;

/**
 * The host of a server as its certificate names it. As in libpq, and unlike in the JDK, a name may have an underscore, and an
 * address may stand in the subject's common name.
 */
final class ServerName {

    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;
    private static final String WILDCARD = "*.";

    private ServerName() {}

    /** What a TLS handshake says of the host, so that a server with several names knows which is meant; an address says nothing. */
    static List<SNIServerName> indication(String host) {
        String name = withoutDot(host);
        if (name.isEmpty() || name.contains(":") || address(name).isPresent()) {
            return List.of();
        }
        return List.of(new Indicated(name));
    }

    /** A name as it is: the JDK's own class takes none with an underscore. */
    private static final class Indicated extends SNIServerName {

        Indicated(String name) {
            super(StandardConstants.SNI_HOST_NAME, name.getBytes(StandardCharsets.US_ASCII));
        }
    }

    /** Whether the certificate is for the host. The common name counts only where no other name of the host's kind is there. */
    static boolean isIn(X509Certificate certificate, String host) throws CertificateParsingException {
        Optional<InetAddress> address = address(host);
        int kind = address.isPresent() ? IP_ADDRESS : DNS_NAME;
        boolean hasKind = false;
        for (List<?> name : alternatives(certificate)) {
            int type = (Integer) name.getFirst();
            hasKind |= type == kind;
            if (type == DNS_NAME && matches((String) name.get(1), host, address.isEmpty())) {
                return true;
            }
            if (type == IP_ADDRESS && address.isPresent() && address.equals(address((String) name.get(1)))) {
                return true;
            }
        }
        return !hasKind
                && commonName(certificate.getSubjectX500Principal())
                        .filter(name -> matches(name, host, address.isEmpty()))
                        .isPresent();
    }

    private static Collection<List<?>> alternatives(X509Certificate certificate) throws CertificateParsingException {
        Collection<List<?>> names = certificate.getSubjectAlternativeNames();
        return names == null ? List.of() : names;
    }

    /** A star stands for one label, and only for the first. */
    private static boolean matches(String pattern, String host, boolean takesWildcard) {
        String expected = pattern.toLowerCase(Locale.ROOT);
        String name = withoutDot(host).toLowerCase(Locale.ROOT);
        if (!takesWildcard || !expected.startsWith(WILDCARD)) {
            return expected.equals(name);
        }
        int firstDot = name.indexOf('.');
        return firstDot > 0 && name.substring(firstDot).equals(expected.substring(1));
    }

    private static Optional<String> commonName(X500Principal subject) {
        try {
            List<Rdn> inOrder = new LdapName(subject.getName()).getRdns();
            return inOrder.stream()
                    .filter(part -> part.getType().equalsIgnoreCase("CN"))
                    .map(part -> String.valueOf(part.getValue()))
                    .findFirst();
        } catch (InvalidNameException unreadable) {
            return Optional.empty();
        }
    }

    private static Optional<InetAddress> address(String text) {
        try {
            return Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException name) {
            return Optional.empty();
        }
    }

    private static String withoutDot(String host) {
        return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    }
}
