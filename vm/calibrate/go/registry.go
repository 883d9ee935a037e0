package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

// The registry reads a blob through a buffer of this size, which it fills from where an answer begins.
const readAhead = 4 * mib

// What vm/calibrate/images.ts says of an image, as far as it is needed here.
type image struct {
	Name string `json:"name"`
	Tags struct {
		Plain struct {
			ManifestDigest string `json:"manifestDigest"`
			Layers         []blob `json:"layers"`
		} `json:"plain"`
	} `json:"tags"`
}

type blob struct {
	Digest string `json:"digest"`
	Size   int    `json:"size"`
}

// readAheadBytes is what the registry reads of a blob to answer with `size` bytes from `offset`.
func (b blob) readAheadBytes(offset, size int) int {
	fills := (size + readAhead - 1) / readAhead
	return smaller(fills*readAhead, b.Size-offset)
}

// smaller, because Debian 12's Go has no min.
func smaller(a, b int) int {
	if a < b {
		return a
	}
	return b
}

type client struct {
	http.Client
	url string
}

func (c *client) do(method, path, byteRange string) int {
	request, err := http.NewRequest(method, c.url+path, nil)
	must(err)
	request.Header.Set("Accept", "application/vnd.oci.image.manifest.v1+json")
	if byteRange != "" {
		request.Header.Set("Range", byteRange)
	}
	response, err := c.Do(request)
	must(err)
	read, err := io.Copy(io.Discard, response.Body)
	must(err)
	must(response.Body.Close())
	if response.StatusCode/100 != 2 {
		log.Fatalf("%s %s: %s", method, path, response.Status)
	}
	return int(read)
}

func (c *client) get(of image, b blob, offset, size int) {
	path := fmt.Sprintf("/v2/%s/blobs/%s", of.Name, b.Digest)
	if read := c.do("GET", path, fmt.Sprintf("bytes=%d-%d", offset, offset+size-1)); read != size {
		log.Fatalf("%s: %d bytes, not %d", path, read, size)
	}
}

func (c *client) manifest(method string, of image) {
	c.do(method, fmt.Sprintf("/v2/%s/manifests/%s", of.Name, of.Tags.Plain.ManifestDigest), "")
}

// registry asks for what a pull asks for, over a connection that is kept, of images that are in the page cache, then
// of others after the caches have been dropped.
func registry(url, imagesFile string) {
	byName := readImages(imagesFile)
	c := &client{url: url}
	hot(c, byName["literals-40"])
	cold(c, byName)
}

func readImages(file string) map[string]image {
	data, err := os.ReadFile(file)
	must(err)
	var images []image
	must(json.Unmarshal(data, &images))
	byName := map[string]image{}
	for _, each := range images {
		byName[each.Name] = each
	}
	return byName
}

// far asks for small things that are in memory over a link that takes its time. What the registry does when the answer is
// on its way, and the client when the request is, nobody waits for then.
func far(url, imagesFile string, rttNS int64) {
	c := &client{url: url}
	large := readImages(imagesFile)["literals-40"]
	layer := large.Tags.Plain.Layers[0]
	c.get(large, layer, 0, layer.Size)
	beyondLink := func(count int, requests func()) int64 {
		return median(nil, requests) - int64(count)*rttNS
	}
	for _, each := range []struct {
		series, method string
		count          int
		check          bool
	}{
		{"far-head", "HEAD", 20, false},
		{"far-head", "HEAD", 50, true},
		{"far-manifest", "GET", 20, false},
		{"far-manifest", "GET", 50, true},
	} {
		ns := beyondLink(each.count, func() {
			for i := 0; i < each.count; i++ {
				c.manifest(each.method, large)
			}
		})
		report(each.series, each.check, quantities{"requests": each.count}, ns)
	}
	const count, size = 20, 4 * kib
	for _, each := range []struct {
		fromEnd int
		check   bool
	}{
		{layer.Size, false},
		{2 * mib, true},
		{size, false},
	} {
		offset := layer.Size - each.fromEnd
		x := quantities{
			"requests":            count,
			"registry-blob.bytes": count * size,
			"readAheadBytes":      count * layer.readAheadBytes(offset, size),
		}
		ns := beyondLink(count, func() {
			for i := 0; i < count; i++ {
				c.get(large, layer, offset, size)
			}
		})
		report("far-blob", each.check, x, ns)
	}
}

func hot(c *client, large image) {
	layer := large.Tags.Plain.Layers[0]
	c.get(large, layer, 0, layer.Size)
	const count = 20
	repeated := func(request func()) int64 {
		return median(nil, func() {
			for i := 0; i < count; i++ {
				request()
			}
		})
	}
	for _, method := range []string{"HEAD", "GET"} {
		series := map[string]string{"HEAD": "registry-head", "GET": "registry-manifest"}[method]
		ns := repeated(func() { c.manifest(method, large) })
		report(series, false, quantities{"requests": count}, ns)
		// The same again, to see how far one request differs from another.
		report(series, true, quantities{"requests": 5 * count}, median(nil, func() {
			for i := 0; i < 5*count; i++ {
				c.manifest(method, large)
			}
		}))
	}
	for _, each := range []struct {
		fromEnd, size int
		check         bool
	}{
		{layer.Size, 4 * kib, false},
		{layer.Size, mib, true},
		{layer.Size, 4 * mib, false},
		{layer.Size, 16 * mib, false},
		{4 * kib, 4 * kib, false},
		{mib, 64 * kib, true},
		{2 * mib, 2 * mib, false},
		{3 * mib, 50 * kib, true},
	} {
		offset := layer.Size - each.fromEnd
		x := quantities{
			"requests":       count,
			"bytes":          count * each.size,
			"readAheadBytes": count * layer.readAheadBytes(offset, each.size),
		}
		report("registry-blob", each.check, x, repeated(func() { c.get(large, layer, offset, each.size) }))
	}
	tail := layer.Size - 4*kib
	for _, connections := range []int{5, 10, 20} {
		i := 0
		ns := median(func() { i = 0 }, func() {
			for ; i < count; i++ {
				c.get(large, layer, tail, 4*kib)
				if i < connections {
					c.CloseIdleConnections()
				}
			}
		})
		x := quantities{"connections": connections, "registry-blob.requests": count, "registry-blob.bytes": count * 4 * kib, "registry-blob.readAheadBytes": count * 4 * kib}
		report("registry-connection", connections == 10, x, ns)
	}
}

// cold asks for what the registry has not in memory. Each blob is asked for once.
func cold(c *client, images map[string]image) {
	manifests := func(check bool, names ...string) {
		ns := median(dropCaches, func() {
			for _, name := range names {
				c.manifest("HEAD", images[name])
			}
		})
		report("registry-cold", check, quantities{"registry-head.requests": len(names), "manifests": len(names)}, ns)
	}
	manifests(false, "words-1", "words-4", "words-8", "small-100")
	manifests(true, "layers-1", "layers-4", "layers-8", "small-400", "small-1000", "tree-4000")
	blobs := func(check bool, size int, names ...string) {
		x := quantities{"blobs": len(names), "registry-blob.requests": len(names)}
		for _, name := range names {
			layer := images[name].Tags.Plain.Layers[0]
			size := smaller(size, layer.Size)
			ahead := layer.readAheadBytes(0, size)
			x["bytes"] += ahead
			x["registry-blob.bytes"] += size
			x["registry-blob.readAheadBytes"] += ahead
		}
		report("registry-cold", check, x, median(dropCaches, func() {
			for _, name := range names {
				layer := images[name].Tags.Plain.Layers[0]
				c.get(images[name], layer, 0, smaller(size, layer.Size))
			}
		}))
	}
	blobs(false, mib, "layers-1", "layers-4", "layers-8", "small-100")
	blobs(true, mib, "words-1", "small-100", "words-8", "small-1000")
	blobs(false, 4*mib, "literals-40", "literals-20", "literals-8")
	blobs(true, 64*mib, "literals-8", "tree-4000")
}
