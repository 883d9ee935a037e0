// registryd is Debian's docker-registry (the handlers of github.com/docker/distribution over a read-only directory)
// with an access log that the stock program cannot write: the Range header, the bytes sent and the monotonic clock.
//
// usage: registryd ADDRESS ROOT REQUESTS.ndjson
//
// The log's first line ties the clocks together: {"realtimeNs":…,"monotonicNs":…}. One line per answered request
// follows: {"atNs":…,"endNs":…,"method":…,"path":…,"range":…,"status":…,"bytes":…}, times on CLOCK_MONOTONIC.
package main

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/docker/distribution/configuration"
	"github.com/docker/distribution/registry/handlers"
	_ "github.com/docker/distribution/registry/storage/driver/filesystem"
	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"
)

type request struct {
	AtNs   int64  `json:"atNs"`
	EndNs  int64  `json:"endNs"`
	Method string `json:"method"`
	Path   string `json:"path"`
	Range  string `json:"range"`
	Status int    `json:"status"`
	Bytes  int64  `json:"bytes"`
}

func monotonicNs() int64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		log.Fatal(err)
	}
	return now.Nano()
}

// counter counts the body's bytes. It passes ReadFrom on, so that the server's copying path stays as it is.
type counter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (c *counter) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *counter) Write(data []byte) (int, error) {
	n, err := c.ResponseWriter.Write(data)
	c.bytes += int64(n)
	return n, err
}

func (c *counter) ReadFrom(source io.Reader) (int64, error) {
	n, err := io.Copy(c.ResponseWriter, source)
	c.bytes += n
	return n, err
}

func (c *counter) Flush() {
	if flusher, ok := c.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: registryd ADDRESS ROOT REQUESTS.ndjson")
	}
	address, root, logFile := os.Args[1], os.Args[2], os.Args[3]
	logrus.SetLevel(logrus.ErrorLevel)

	out, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		log.Fatal(err)
	}
	encoder := json.NewEncoder(out)
	if err := encoder.Encode(map[string]int64{"realtimeNs": time.Now().UnixNano(), "monotonicNs": monotonicNs()}); err != nil {
		log.Fatal(err)
	}

	config := &configuration.Configuration{
		Storage: configuration.Storage{
			"filesystem":  configuration.Parameters{"rootdirectory": root},
			"maintenance": configuration.Parameters{"readonly": map[interface{}]interface{}{"enabled": true}},
		},
	}
	config.Log.Level = "error"
	config.HTTP.Addr = address
	config.HTTP.Secret = "one registry, no uploads"
	app := handlers.NewApp(context.Background(), config)

	var lock sync.Mutex
	log.Fatal(http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		counted := &counter{ResponseWriter: w, status: http.StatusOK}
		line := request{AtNs: monotonicNs(), Method: r.Method, Path: r.URL.Path, Range: r.Header.Get("Range")}
		app.ServeHTTP(counted, r)
		line.EndNs, line.Status, line.Bytes = monotonicNs(), counted.status, counted.bytes
		lock.Lock()
		defer lock.Unlock()
		if err := encoder.Encode(line); err != nil {
			log.Fatal(err)
		}
	})))
}
