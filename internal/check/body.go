package check

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// readUntilNow ends the time that an answer took to read.
func (d *Dialer) readUntilNow() {
	d.ended = time.Now()
	d.phases.Read += d.ended.Sub(d.first)
}

// read reads a body to its end or to the cap, and keeps it if it is needed. cut tells that
// there was more.
func (c *HTTP) read(d *Dialer, resp *http.Response) (kept []byte, cut bool, err error) {
	most := int64(c.MaxBody)
	var body io.Reader = &counted{resp.Body, &d.got}
	if !c.Expect.needsBody() {
		n, err := io.Copy(io.Discard, io.LimitReader(body, most))
		return nil, n == most, bodyError(err, d.got, resp.ContentLength)
	}
	if c.decodes(resp) {
		// Even a body that decodes to nothing must end, and its own head and tail take room.
		body, err = gzip.NewReader(io.LimitReader(body, most+longestHead))
		if errors.Is(err, io.EOF) && d.got == 0 { // nothing, in any coding
			return nil, false, nil
		}
	}
	if err == nil {
		kept, err = io.ReadAll(io.LimitReader(body, most+1))
	}
	switch {
	case err != nil && c.decodes(resp) && d.got >= most+longestHead:
		return nil, false, protocolErrorf("the body is gzip that takes more room than it decodes to")
	case err != nil:
		return nil, false, bodyError(err, d.got, resp.ContentLength)
	case int64(len(kept)) > most:
		return kept[:most], true, nil
	default:
		return kept, false, nil
	}
}

// decodes tells whether the body is in the coding that we offered by ourselves. Whoever
// configures Accept-Encoding wants to see what comes.
func (c *HTTP) decodes(resp *http.Response) bool {
	_, configured := c.header["Accept-Encoding"]
	return !configured && strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip")
}

// counted counts what is read of a body, for the sentence of one that does not end.
type counted struct {
	r io.Reader
	n *int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	*c.n += int64(n)
	return n, err
}

// bodyError gives what is wrong with a body its words. A connection that broke keeps its own
// error.
func bodyError(err error, got, length int64) error {
	var corrupt flate.CorruptInputError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return protocolErrorf("the body is not the gzip that its headers say")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		if length > 0 {
			return protocolErrorf("connection closed after %s of a body of %s", Size(got), Size(length))
		}
		return protocolErrorf("connection closed in the middle of the body, after %s", Size(got))
	case !transported(err):
		return protocolErrorf("the body's chunks are malformed")
	default:
		return err
	}
}
