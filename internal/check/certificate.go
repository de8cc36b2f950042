package check

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strconv"
	"strings"
	"time"
)

// earliest is the certificate that ends first in a verified chain. Of several chains the
// one counts that lasts longest, because one is enough. It is nil without a chain.
func earliest(chains [][]*x509.Certificate) *x509.Certificate {
	var longest *x509.Certificate
	for _, chain := range chains {
		var first *x509.Certificate
		for _, c := range chain {
			if first == nil || c.NotAfter.Before(first.NotAfter) {
				first = c
			}
		}
		if longest == nil || first != nil && first.NotAfter.After(longest.NotAfter) {
			longest = first
		}
	}
	return longest
}

// holder is whom a certificate is for, or whose it is.
func holder(c *x509.Certificate) string {
	switch {
	case c.Subject.CommonName != "":
		return c.Subject.CommonName
	case len(c.DNSNames) > 0:
		return c.DNSNames[0]
	default:
		return c.Subject.String()
	}
}

// certificateWords name the defect of the certificate that stopped a handshake with host.
func certificateWords(err *tls.CertificateVerificationError, host string, now time.Time) string {
	var (
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
	)
	sent := err.UnverifiedCertificates
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return expiryWords(invalid.Cert, invalid.Cert == sent[0], now)
	case errors.As(err, &name):
		return "certificate is for " + namesOf(name.Certificate) + ", not for " + host
	case errors.As(err, &unknown):
		return untrustedWords(sent, now)
	default:
		return "certificate not trusted: " + strings.TrimPrefix(innermost(err).Error(), "x509: ")
	}
}

func expiryWords(c *x509.Certificate, leaf bool, now time.Time) string {
	whose := "certificate "
	if !leaf {
		whose = "certificate of the authority " + quote(holder(c)) + " "
	}
	if now.Before(c.NotBefore) {
		return whose + "is not valid before " + c.NotBefore.UTC().Format(time.DateOnly)
	}
	return whose + "expired on " + c.NotAfter.UTC().Format(time.DateOnly)
}

// untrustedWords say why no chain leads from what the server sent to a root that is trusted.
func untrustedWords(sent []*x509.Certificate, now time.Time) string {
	for _, c := range sent[1:] {
		if now.After(c.NotAfter) || now.Before(c.NotBefore) {
			return expiryWords(c, false, now)
		}
	}
	last := sent[len(sent)-1]
	switch {
	case len(sent) == 1 && string(last.RawSubject) == string(last.RawIssuer):
		return "certificate not trusted: signed by itself"
	case len(sent) == 1:
		return "certificate not trusted: signed by " + issuer(last) + ", an unknown authority, and the server sent no certificate of it"
	default:
		return "certificate not trusted: signed by " + issuer(last) + ", an unknown authority"
	}
}

func issuer(c *x509.Certificate) string {
	if c.Issuer.CommonName != "" {
		return quote(c.Issuer.CommonName)
	}
	return quote(c.Issuer.String())
}

// namesOf are the hosts a certificate is for.
func namesOf(c *x509.Certificate) string {
	const most = 3
	names := c.DNSNames
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	switch {
	case len(names) == 0:
		return "no host at all"
	case len(names) > most:
		return strings.Join(names[:most], ", ") + " and " + strconv.Itoa(len(names)-most) + " more"
	default:
		return strings.Join(names, ", ")
	}
}
