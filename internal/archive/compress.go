package archive

import (
	"bufio"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"
)

// maxWindow is how far back what is compressed may refer: what xz -9 and zstd --ultra -22 --long=27 need.
const maxWindow = 128 << 20

// stream is a compressed tar. Programs disagree on what follows its end: gzip(1), xz(1) and zstd(1) go on with another
// stream there, and others stop. So there must be one stream, and nothing after it. Of bzip2 alone several are read, as
// all programs do.
type stream struct {
	io.Reader
	rest  io.Reader // what follows the end, once Reader has ended
	close func()
}

// end says whether the file ends where the stream does, which was read to its end.
func (s *stream) end() error {
	if n, err := io.ReadFull(s.rest, make([]byte, 1)); n > 0 {
		return refused("there is more after its end, which some programs read and others don't")
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// Read gives errors of decompressing in the words of this package.
func (s *stream) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	switch {
	case err == nil || errors.Is(err, io.EOF) || errors.Is(err, ErrRefused):
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, xz.ErrBuf):
		err = errCut
	case errors.Is(err, xz.ErrMemlimit), errors.Is(err, zstd.ErrWindowSizeExceeded),
		errors.Is(err, zstd.ErrDecoderSizeExceeded):
		err = refused("to unpack it takes more memory than %d bytes", maxWindow)
	default:
		err = refused("it is damaged: %w", err)
	}
	return n, err
}

// decompress begins to unpack a file.
func decompress(format Format, in io.Reader) (*stream, error) {
	buffered := bufio.NewReaderSize(in, 64<<10) // which no decompressor reads past the end of its stream, but xz
	s := &stream{Reader: buffered, rest: buffered, close: func() {}}
	var err error
	switch format {
	case TarGzip:
		var r *gzip.Reader
		if r, err = gzip.NewReader(buffered); err == nil {
			r.Multistream(false)
			s.Reader = r
		}
	case TarXz:
		var r *xz.Reader
		if r, err = xz.NewReader(buffered, maxWindow); err == nil {
			r.Multistream(false)
			s.Reader, s.rest = r, &afterXz{r: r}
		}
	case TarZstd:
		frame := &frame{r: buffered}
		var r *zstd.Decoder
		r, err = zstd.NewReader(frame, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxWindow))
		if err == nil {
			s.Reader, s.close = r, r.Close
		}
	case TarBz2:
		s.Reader = bzip2.NewReader(buffered)
	}
	if err != nil {
		s.Reader = failing{err}
		_, err = s.Read(nil)
	}
	return s, err
}

// failing is a stream whose beginning is damaged.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// afterXz is what follows a stream of xz. Its padding, too, is of no use here.
type afterXz struct{ r *xz.Reader }

func (a *afterXz) Read(b []byte) (int, error) {
	if err := a.r.Reset(nil); errors.Is(err, io.EOF) {
		return 0, io.EOF
	}
	return copy(b, "?"), nil
}
