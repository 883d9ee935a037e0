// micro measures what containerd, the stargz snapshotter and the kernel do at a container's start, one step at a time.
// It is Go because containerd is: the same gunzip, hash and HTTP client, of the same Go release.
//
// usage: micro cpu | disk FOLDER | registry URL | fuse FOLDER | pause
//
// Each line of its output is one sample: {"series":…,"x":{quantity: how many},"ns":…,"check":…}. What is sampled as a
// check must not be used to fit. `pause` is what the calibration's containers run: it does nothing until it is killed.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"sort"
	"syscall"
	"time"
)

const (
	kib  = 1024
	mib  = 1024 * kib
	page = 4 * kib
)

type quantities map[string]int

type sample struct {
	Series string     `json:"series"`
	X      quantities `json:"x"`
	NS     int64      `json:"ns"`
	Check  bool       `json:"check"`
}

var out = json.NewEncoder(os.Stdout)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func report(series string, check bool, x quantities, ns int64) {
	must(out.Encode(sample{series, x, ns, check}))
}

// median of three runs; prepare runs before each, outside the measurement.
func median(prepare, work func()) int64 {
	runs := make([]int64, 3)
	for i := range runs {
		if prepare != nil {
			prepare()
		}
		from := time.Now()
		work()
		runs[i] = time.Since(from).Nanoseconds()
	}
	sort.Slice(runs, func(a, b int) bool { return runs[a] < runs[b] })
	return runs[len(runs)/2]
}

// literals compress by the frequency of bytes alone: next to no repeats.
func literals(size int) []byte {
	random := rand.New(rand.NewSource(1))
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(int(random.NormFloat64() * 16))
	}
	return data
}

// words are drawn from a small vocabulary: mostly repeats, of a program's lengths.
func words(size, vocabulary int) []byte {
	random := rand.New(rand.NewSource(2))
	list := make([][]byte, vocabulary)
	for i := range list {
		list[i] = make([]byte, 3+random.Intn(14))
		random.Read(list[i])
	}
	data := make([]byte, 0, size+32)
	for len(data) < size {
		data = append(data, list[random.Intn(vocabulary)]...)
	}
	return data[:size]
}

func zipped(data []byte) []byte {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, err := zip.Write(data)
	must(err)
	must(zip.Close())
	return packed.Bytes()
}

// gunzip as containerd does it (pkg archive/compression): a buffered reader before Go's own inflate.
func gunzip(packed []byte) {
	unzip, err := gzip.NewReader(bufio.NewReaderSize(bytes.NewReader(packed), 32*kib))
	must(err)
	_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, unzip, make([]byte, 32*kib))
	must(err)
}

func cpu() {
	for _, size := range []int{4 * kib, mib, 8 * mib} {
		data := make([]byte, size)
		ns := median(nil, func() { sha256.Sum256(data) })
		report("sha256", size == mib, quantities{"operations": 1, "bytes": size}, ns)
	}
	gunzipped := func(check bool, data []byte) {
		packed := zipped(data)
		x := quantities{"compressedBytes": len(packed), "bytes": len(data)}
		report("gunzip", check, x, median(nil, func() { gunzip(packed) }))
	}
	gunzipped(false, literals(mib))
	gunzipped(false, words(mib, 1000))
	gunzipped(true, append(literals(mib/2), words(mib/2, 1000)...))
	// A program, as most of an image's bytes are: this very one.
	self, err := os.ReadFile("/proc/self/exe")
	must(err)
	gunzipped(true, self[:mib])
	for _, faults := range []int{512, 2048, 8192} {
		var memory []byte
		work := func() {
			memory, err = syscall.Mmap(-1, 0, faults*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
			must(err)
			must(syscall.Madvise(memory, 15)) // MADV_NOHUGEPAGE
			for i := 0; i < len(memory); i += page {
				memory[i] = 1
			}
		}
		ns := median(func() {
			if memory != nil {
				must(syscall.Munmap(memory))
			}
		}, work)
		must(syscall.Munmap(memory))
		memory = nil
		report("fault-anonymous", faults == 2048, quantities{"mappings": 1, "faults": faults}, ns)
	}
}

func dropCaches() {
	syscall.Sync()
	must(os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0))
}

// commit writes a blob as containerd's content store does (1 MiB at a time, flushed, renamed), without its hash.
func commit(folder string, data []byte) {
	name := filepath.Join(folder, "ingest")
	file, err := os.Create(name)
	must(err)
	for from := 0; from < len(data); from += mib {
		to := from + mib
		if to > len(data) {
			to = len(data)
		}
		_, err := file.Write(data[from:to])
		must(err)
	}
	must(file.Sync())
	must(file.Close())
	must(os.Rename(name, filepath.Join(folder, "blob")))
}

const readBytes = 16 * mib

// reads of some pages each, with nothing in between: requests of just these pages (POSIX_FADV_RANDOM).
func reads(name string, series string, cold bool) {
	for _, pages := range []int{1, 8, 32} {
		file, err := os.Open(name)
		must(err)
		_, _, errno := syscall.Syscall6(syscall.SYS_FADVISE64, file.Fd(), 0, 0, 1, 0, 0)
		if errno != 0 {
			must(errno)
		}
		const count = 100
		buffer := make([]byte, pages*page)
		work := func() {
			for i := 0; i < count; i++ {
				_, err := syscall.Pread(int(file.Fd()), buffer, int64(i*(readBytes/count/page)*page))
				must(err)
			}
		}
		work()
		prepare := func() {}
		if cold {
			// The first read after it brings the inode's own blocks back.
			prepare = func() {
				dropCaches()
				_, err := syscall.Pread(int(file.Fd()), buffer[:1], readBytes-1)
				must(err)
			}
		}
		report(series, pages == 8, quantities{"reads": count, "pages": count * pages}, median(prepare, work))
		must(file.Close())
	}
}

const faultAround = "/sys/kernel/debug/fault_around_bytes"

// faults on a file's cached pages; each maps as many pages as fault-around has it.
func faults(name string) {
	before, err := os.ReadFile(faultAround)
	must(err)
	file, err := os.Open(name)
	must(err)
	for _, pages := range []int{1, 4, 16} {
		must(os.WriteFile(faultAround, []byte(fmt.Sprint(pages*page)), 0))
		var memory []byte
		sum := byte(0)
		prepare := func() {
			if memory != nil {
				must(syscall.Munmap(memory))
			}
			memory, err = syscall.Mmap(int(file.Fd()), 0, readBytes, syscall.PROT_READ, syscall.MAP_PRIVATE)
			must(err)
		}
		ns := median(prepare, func() {
			for i := 0; i < len(memory); i += pages * page {
				sum += memory[i]
			}
		})
		must(syscall.Munmap(memory))
		count := readBytes / page / pages
		report("fault-mapped", pages == 4, quantities{"faults": count, "pages": count * pages}, ns)
	}
	must(os.WriteFile(faultAround, bytes.TrimSpace(before), 0))
	must(file.Close())
}

func disk(folder string) {
	must(os.MkdirAll(folder, 0o755))
	data := words(readBytes, 1000)
	for _, size := range []int{4 * kib, 4 * mib, 16 * mib} {
		ns := median(syscall.Sync, func() { commit(folder, data[:size]) })
		report("content-commit", size == 4*mib, quantities{"operations": 1, "bytes": size}, ns)
	}
	name := filepath.Join(folder, "read")
	must(os.WriteFile(name, data, 0o644))
	syscall.Sync()
	reads(name, "read-cached", false)
	reads(name, "read-cold", true)
	_, err := os.ReadFile(name)
	must(err)
	faults(name)
	must(os.RemoveAll(folder))
}

func registry(url string) {
	client := &http.Client{}
	get := func(bytes int) {
		request, err := http.NewRequest("GET", url, nil)
		must(err)
		request.Header.Set("Range", fmt.Sprintf("bytes=0-%d", bytes-1))
		response, err := client.Do(request)
		must(err)
		read, err := io.Copy(io.Discard, response.Body)
		must(err)
		if response.StatusCode != http.StatusPartialContent || read != int64(bytes) {
			log.Fatalf("%s: %s, %d bytes", url, response.Status, read)
		}
		must(response.Body.Close())
	}
	const count = 20
	get(4 * mib)
	for _, bytes := range []int{4 * kib, mib, 4 * mib} {
		work := func() {
			for i := 0; i < count; i++ {
				get(bytes)
			}
		}
		report("registry-request", bytes == mib, quantities{"requests": count, "bytes": count * bytes}, median(nil, work))
	}
	for _, connections := range []int{0, 10, 20} {
		work := func() {
			for i := 0; i < count; i++ {
				get(4 * kib)
				if i < connections {
					client.CloseIdleConnections()
				}
			}
		}
		report("registry-connection", connections == 10, quantities{"requests": count, "connections": connections}, median(nil, work))
	}
}

// fuse reads an eStargz layer that the snapshotter has mounted (see vm/calibrate/images.ts for what is in it).
func fuse(folder string) {
	for _, count := range []int{50, 100, 400} {
		names, err := filepath.Glob(filepath.Join(folder, fmt.Sprintf("many-%d", count), "*"))
		must(err)
		if len(names) != count {
			log.Fatalf("%d files, not %d", len(names), count)
		}
		look := func() {
			for _, name := range names {
				var stat syscall.Stat_t
				must(syscall.Stat(name, &stat))
			}
		}
		ns := median(dropCaches, look)
		// The snapshotter looks through the folder: its cost grows with what is in it.
		report("fuse-lookup", count == 100, quantities{"lookups": count, "entries": count * count}, ns)
	}
	for _, size := range []int{64 * kib, mib, 4 * mib} {
		name := filepath.Join(folder, fmt.Sprintf("chunk-%d", size/kib))
		file, err := os.Open(name)
		must(err)
		buffer := make([]byte, 1)
		from := time.Now()
		_, err = file.Read(buffer)
		must(err)
		report("stargz-chunk", size == mib, quantities{"chunks": 1, "bytes": size}, time.Since(from).Nanoseconds())
		must(file.Close())
	}
	big := filepath.Join(folder, "big")
	_, err := os.ReadFile(big) // brings all chunks into the snapshotter's own cache
	must(err)
	reads(big, "fuse-read", true)
}

func main() {
	debug.SetGCPercent(-1)
	var argument string
	if len(os.Args) > 2 {
		argument = os.Args[2]
	}
	switch os.Args[1] {
	case "cpu":
		cpu()
	case "disk":
		disk(argument)
	case "registry":
		registry(argument)
	case "fuse":
		fuse(argument)
	case "pause":
		for {
			time.Sleep(time.Hour)
		}
	}
}
