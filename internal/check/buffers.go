package check

import (
	"bufio"
	"io"
	"sync"
)

// buffer is how much of an answer is read, and of a request is written, at a time. Nearly
// all heads fit, and a larger body is read past it.
const buffer = 1 * KiB

// buffers are those of connections that are over, for the next ones. A reader belongs to
// its connection, as long as that is anybody's: see [Dialer.hangUp].
type buffers struct {
	readers, writers sync.Pool
}

func (b *buffers) reader(from io.Reader) *bufio.Reader {
	if r, ok := b.readers.Get().(*bufio.Reader); ok {
		r.Reset(from)
		return r
	}
	return bufio.NewReaderSize(from, int(buffer))
}

func (b *buffers) writer(to io.Writer) *bufio.Writer {
	if w, ok := b.writers.Get().(*bufio.Writer); ok {
		w.Reset(to)
		return w
	}
	return bufio.NewWriterSize(to, int(buffer))
}

// read takes back a reader that nobody reads from any more.
func (b *buffers) read(r *bufio.Reader) {
	r.Reset(nil)
	b.readers.Put(r)
}

// wrote takes back a writer that nobody writes to any more.
func (b *buffers) wrote(w *bufio.Writer) {
	w.Reset(nil)
	b.writers.Put(w)
}
