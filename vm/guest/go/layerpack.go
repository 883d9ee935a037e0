// layerpack turns an image layer into the two forms that the systems pull: plain (a gzip stream as Docker writes it)
// and eStargz (as `ctr-remote image convert --estargz` writes it).
//
// usage: layerpack [-plain=false] LAYER BLOBS
//
// LAYER is a tar, plain or compressed with gzip or zstd. Both forms are written to BLOBS/<hex of their digest>; a JSON
// object about them goes to standard output. The same layer gives the same bytes.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/containerd/stargz-snapshotter/estargz"
	"github.com/klauspost/compress/zstd"
)

type form struct {
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
	DiffID string `json:"diffId"`
	// Bytes after decompression; eStargz adds its table of contents and a landmark to the tar.
	UncompressedSize int64  `json:"uncompressedSize"`
	TOCDigest        string `json:"tocDigest,omitempty"`
}

type result struct {
	DiffID           string `json:"diffId"`
	UncompressedSize int64  `json:"uncompressedSize"`
	Plain            *form  `json:"plain,omitempty"`
	EStargz          form   `json:"estargz"`
}

// meter counts and hashes what is written to it.
type meter struct {
	hash  hash.Hash
	bytes int64
}

func newMeter() *meter { return &meter{hash: sha256.New()} }

func (m *meter) Write(p []byte) (int, error) {
	m.bytes += int64(len(p))
	return m.hash.Write(p)
}

func (m *meter) digest() string { return "sha256:" + hex.EncodeToString(m.hash.Sum(nil)) }

// blob is a file that gets its digest as its name when it is complete.
type blob struct {
	*meter
	folder string
	file   *os.File
}

func newBlob(folder string) (*blob, error) {
	file, err := os.CreateTemp(folder, "partial-")
	if err != nil {
		return nil, err
	}
	return &blob{newMeter(), folder, file}, nil
}

func (b *blob) Write(p []byte) (int, error) {
	b.meter.Write(p)
	return b.file.Write(p)
}

func (b *blob) commit() error {
	if err := b.file.Chmod(0o644); err != nil {
		return err
	}
	if err := b.file.Close(); err != nil {
		return err
	}
	return os.Rename(b.file.Name(), filepath.Join(b.folder, b.digest()[len("sha256:"):]))
}

// open returns the layer as a tar in a file of its own (Build needs random access), and removes it on close.
func open(path string) (tar *os.File, done func(), err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	in := bufio.NewReaderSize(file, 1<<20)
	magic, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	var unpacked io.Reader
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		unpacked, err = gzip.NewReader(in)
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		unpacked, err = zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
	default:
		return file, func() { file.Close() }, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	temporary, err := os.CreateTemp("", "layerpack-")
	if err != nil {
		return nil, nil, err
	}
	done = func() { temporary.Close(); os.Remove(temporary.Name()) }
	if _, err := io.Copy(temporary, unpacked); err != nil {
		done()
		return nil, nil, fmt.Errorf("unpack: %w", err)
	}
	return temporary, done, nil
}

func plain(tar io.Reader, folder string, into *result) error {
	out, err := newBlob(folder)
	if err != nil {
		return err
	}
	// Level and header (no name, no time) as in Docker and BuildKit.
	zip := gzip.NewWriter(out)
	if _, err := io.Copy(zip, tar); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	into.Plain = &form{Digest: out.digest(), Size: out.bytes, DiffID: into.DiffID, UncompressedSize: into.UncompressedSize}
	return out.commit()
}

func lazy(tar *io.SectionReader, folder string, into *result) error {
	// The defaults are those of ctr-remote: level 9, chunks of 4 MiB, nothing prioritized (a no-prefetch landmark).
	built, err := estargz.Build(tar)
	if err != nil {
		return err
	}
	defer built.Close()
	out, err := newBlob(folder)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, built); err != nil {
		return err
	}
	if err := built.Close(); err != nil {
		return err
	}
	if err := out.commit(); err != nil {
		return err
	}
	written, err := os.Open(filepath.Join(folder, out.digest()[len("sha256:"):]))
	if err != nil {
		return err
	}
	defer written.Close()
	unzip, err := gzip.NewReader(written)
	if err != nil {
		return err
	}
	unpacked := newMeter()
	if _, err := io.Copy(unpacked, unzip); err != nil {
		return err
	}
	if unpacked.digest() != built.DiffID().String() {
		return fmt.Errorf("the eStargz form unpacks to %s, not to %s", unpacked.digest(), built.DiffID())
	}
	into.EStargz = form{
		Digest: out.digest(), Size: out.bytes,
		DiffID: unpacked.digest(), UncompressedSize: unpacked.bytes, TOCDigest: built.TOCDigest().String(),
	}
	return nil
}

func run(path, folder string, withPlain bool) (*result, error) {
	tar, done, err := open(path)
	if err != nil {
		return nil, err
	}
	defer done()
	info, err := tar.Stat()
	if err != nil {
		return nil, err
	}
	section := func() *io.SectionReader { return io.NewSectionReader(tar, 0, info.Size()) }
	whole := newMeter()
	if _, err := io.Copy(whole, section()); err != nil {
		return nil, err
	}
	into := &result{DiffID: whole.digest(), UncompressedSize: whole.bytes}
	if withPlain {
		if err := plain(section(), folder, into); err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
	}
	if err := lazy(section(), folder, into); err != nil {
		return nil, fmt.Errorf("eStargz: %w", err)
	}
	return into, nil
}

func main() {
	// estargz.Build cuts the layer into as many parts as there are processors: its output must not depend on the host.
	runtime.GOMAXPROCS(1)
	withPlain := flag.Bool("plain", true, "write the plain form too")
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: layerpack [-plain=false] LAYER BLOBS")
		os.Exit(2)
	}
	into, err := run(flag.Arg(0), flag.Arg(1), *withPlain)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(into)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "layerpack:", err)
		os.Exit(1)
	}
}
