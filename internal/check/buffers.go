package check

import (
	"bufio"
	"io"
	"sync"
)

// How much is read of an answer, and written of a request, at a time. Nearly all heads fit,
// and a larger body is read past it. What is read is also the most that the standard library
// takes of a chunk's line or a trailer.
const (
	readBuffer  = 4 * KiB
	writeBuffer = 1 * KiB
)

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
	return bufio.NewReaderSize(from, int(readBuffer))
}

func (b *buffers) writer(to io.Writer) *bufio.Writer {
	if w, ok := b.writers.Get().(*bufio.Writer); ok {
		w.Reset(to)
		return w
	}
	return bufio.NewWriterSize(to, int(writeBuffer))
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
