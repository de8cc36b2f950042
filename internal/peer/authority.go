package peer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// Authority issues certificates that its own pool trusts.
type Authority struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
	above       [][]byte // the authorities between this one and the root, sent along with a leaf
	root        *x509.Certificate
}

// Leaf is what is written in a certificate. Without times it began an hour ago and lasts
// 90 days; without names it is for localhost, 127.0.0.1 to 127.0.0.16 and ::1.
type Leaf struct {
	Names     []string // host names and addresses
	NotBefore time.Time
	NotAfter  time.Time
}

// Certificate issues the certificate a peer shows.
type Certificate func(*Authority) (tls.Certificate, error)

// day is how certificates count.
const day = 24 * time.Hour

// Certificates are one sound certificate and what may be wrong with one, a line each.
var Certificates = [...]struct {
	Name   string
	Issue  Certificate
	Sound  bool // a handshake with it succeeds
	Ending bool // it is sound, and the chain's first end is a day away
}{
	{Name: "sound", Issue: Shows(Leaf{}), Sound: true},
	{Name: "near its end", Issue: lasting(-89*day, day), Sound: true, Ending: true},
	{Name: "sound, below an authority near its end", Issue: belowEnding(day), Sound: true, Ending: true},
	{Name: "expired", Issue: lasting(-90*day, -day)},
	{Name: "below an expired authority", Issue: belowEnding(-day)},
	{Name: "not valid yet", Issue: lasting(day, 90*day)},
	{Name: "for another name", Issue: Shows(Leaf{Names: []string{"elsewhere.example.com"}})},
	{Name: "of an authority nobody trusts", Issue: Untrusted},
	{Name: "signed by itself", Issue: selfSigned},
}

// Shows is the certificate l of the peer's authority.
func Shows(l Leaf) Certificate {
	return func(a *Authority) (tls.Certificate, error) { return a.Issue(l) }
}

// Untrusted is a certificate of an authority that the peer's pool does not hold.
func Untrusted(*Authority) (tls.Certificate, error) {
	stranger, err := NewAuthority()
	if err != nil {
		return tls.Certificate{}, err
	}
	return stranger.Issue(Leaf{})
}

// lasting is a certificate that is good from one distance to now until another.
func lasting(from, until time.Duration) Certificate {
	return func(a *Authority) (tls.Certificate, error) {
		now := time.Now()
		return a.Issue(Leaf{NotBefore: now.Add(from), NotAfter: now.Add(until)})
	}
}

// belowEnding is a sound leaf whose intermediate authority ends first.
func belowEnding(until time.Duration) Certificate {
	return func(a *Authority) (tls.Certificate, error) {
		between, err := a.Below(time.Now().Add(until))
		if err != nil {
			return tls.Certificate{}, err
		}
		return between.Issue(Leaf{})
	}
}

func selfSigned(*Authority) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	itself := leafTemplate(Leaf{})
	der, err := x509.CreateCertificate(rand.Reader, itself, itself, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// NewAuthority is a root of its own, good for ten years.
func NewAuthority() (*Authority, error) {
	now := time.Now()
	a, err := (*Authority)(nil).sign("rollcall test root", now.Add(-365*day), now.Add(3650*day))
	if err != nil {
		return nil, err
	}
	a.root = a.certificate
	return a, nil
}

// Below is an authority between a and the leaves it issues, good until then.
func (a *Authority) Below(until time.Time) (*Authority, error) {
	between, err := a.sign("rollcall test intermediate", until.Add(-365*day), until)
	if err != nil {
		return nil, err
	}
	between.root = a.root
	between.above = append([][]byte{between.certificate.Raw}, a.above...)
	return between, nil
}

// PEM is the root of a, for whoever reads from a file whom to trust.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.root.Raw})
}

// Pool trusts what a issues.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.root)
	return pool
}

// Issue is a certificate for l, with the authorities between it and the root.
func (a *Authority) Issue(l Leaf) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, leafTemplate(l), a.certificate, key.Public(), a.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("issue certificate for %q: %w", l.Names, err)
	}
	return tls.Certificate{Certificate: append([][]byte{der}, a.above...), PrivateKey: key}, nil
}

func leafTemplate(l Leaf) *x509.Certificate {
	if l.NotBefore.IsZero() {
		l.NotBefore = time.Now().Add(-time.Hour)
	}
	if l.NotAfter.IsZero() {
		l.NotAfter = l.NotBefore.Add(90 * day)
	}
	if len(l.Names) == 0 {
		l.Names = []string{"localhost", "::1"}
		for i := 1; i <= 16; i++ {
			l.Names = append(l.Names, fmt.Sprintf("127.0.0.%d", i))
		}
	}
	template := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: l.Names[0]},
		NotBefore:    l.NotBefore,
		NotAfter:     l.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range l.Names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	return template
}

// sign makes a new authority, signed by a, or by itself if a is nil.
func (a *Authority) sign(name string, from, until time.Time) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             from,
		NotAfter:              until,
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	parent, signer := template, key
	if a != nil {
		parent, signer = a.certificate, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return nil, fmt.Errorf("sign authority %q: %w", name, err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("sign authority %q: %w", name, err)
	}
	return &Authority{key: key, certificate: certificate}, nil
}

func serial() *big.Int {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	return new(big.Int).SetBytes(random[:])
}
