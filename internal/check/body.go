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
func (c *HTTP) read(d *Dialer, resp *http.Response) (kept string, cut bool, err error) {
	most := int64(c.MaxBody)
	var body io.Reader = &counted{resp.Body, &d.got}
	if !c.Expect.needsBody() {
		n, err := io.Copy(io.Discard, io.LimitReader(body, most))
		return "", n == most, bodyError(err, d.got, resp.ContentLength)
	}
	length := resp.ContentLength
	if c.decodes(resp) {
		length = -1
		// Even a body that decodes to nothing must end, and its own head and tail take room.
		body, err = gzip.NewReader(io.LimitReader(body, most+longestHead))
		if errors.Is(err, io.EOF) && d.got == 0 { // nothing, in any coding
			return "", false, nil
		}
	}
	if err == nil {
		kept, err = keep(body, length, most)
	}
	switch {
	case err != nil && c.decodes(resp) && d.got >= most+longestHead:
		return "", false, protocolErrorf("the body is gzip that takes more room than it decodes to")
	case err != nil:
		return "", false, bodyError(err, d.got, resp.ContentLength)
	case int64(len(kept)) > most:
		return kept[:most], true, nil
	default:
		return kept, false, nil
	}
}

// piece is how much room a body is given before it shows that it is longer, if its headers
// do not tell.
const piece = 32 * KiB

// keep reads a body of a length (less than 0: unknown) to its end, or to one byte more than
// most. It never holds more than most and a piece: what grew by doubling, or was copied to
// be searched, would be there twice just when all bodies come at once.
func keep(body io.Reader, length, most int64) (string, error) {
	room := min(most, int64(piece))
	if length >= 0 {
		room = min(most, length)
	}
	var begins, whole strings.Builder
	begins.Grow(int(room) + 1)
	_, err := io.CopyN(&begins, body, room+1) // with one byte more, the end shows
	if err != nil || room == most {
		return begins.String(), unlessEnd(err)
	}
	whole.Grow(int(most) + 1)
	whole.WriteString(begins.String())
	_, err = io.CopyN(&whole, body, most+1-int64(whole.Len()))
	return whole.String(), unlessEnd(err)
}

func unlessEnd(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// decodes tells whether the body is in the coding that we offered by ourselves. Whoever
// configures Accept-Encoding wants to see what comes.
func (c *HTTP) decodes(resp *http.Response) bool {
	configured := c.header.Get("Accept-Encoding")
	ours := configured == "" || resp.Request.Header.Get("Accept-Encoding") != configured // it stays behind on the way to another origin
	return ours && strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip")
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
