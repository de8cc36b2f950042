package contest

import (
	"fmt"
	"strings"
	"time"
)

// TargetsFile is rollcall's targets file that asks every URL. All is as the product has it by
// itself, the expectation of a status 2xx too, but that loopback has to be allowed, target by
// target.
func TargetsFile(urls []string, timeout time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "fleet: bench\ndefaults:\n  timeout: %s\ntargets:\n", timeout)
	for i, u := range urls {
		fmt.Fprintf(&b, "  - name: endpoint %05d\n    url: %s\n    http: {inward: true}\n", i, u)
	}
	return b.String()
}
