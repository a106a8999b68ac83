// The same as callback.php with BENCH_SYNC=1, and the directory synced too: a durable file per callback,
// in Go. usage: callback SOCKET DIRECTORY
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

type outer struct {
	RefID   string `json:"refid"`
	Message string `json:"message"`
}

type inner struct {
	Destination string `json:"tujuan"`
	Status      string `json:"status"`
	Message     string `json:"message"`
}

type record struct {
	TrxID         string `json:"trxid"`
	Status        string `json:"status"`
	Destination   string `json:"destination"`
	Text          string `json:"text"`
	ReceivedAt    string `json:"receivedAt"`
	RemoteAddress string `json:"remoteAddress"`
}

func store(directory string, r record) error {
	bytes, err := json.MarshalIndent(r, "", "    ")
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(directory, ".new-*")
	if err != nil {
		return err
	}
	_, err = file.Write(bytes)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), filepath.Join(directory, url.PathEscape(r.TrxID)+".json"))
	}
	if err != nil {
		return err
	}
	folder, err := os.Open(directory)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

func main() {
	directory := os.Args[2]
	listener, err := net.Listen("unix", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	fmt.Fprintln(os.Stderr, fcgi.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var o outer
		var i inner
		if err != nil || json.Unmarshal(body, &o) != nil || json.Unmarshal([]byte(o.Message), &i) != nil || o.RefID == "" {
			http.Error(w, `{"status":"error"}`, http.StatusBadRequest)
			return
		}
		err = store(directory, record{o.RefID, i.Status, i.Destination, i.Message,
			time.Now().UTC().Format(time.RFC3339), r.RemoteAddr})
		if err != nil {
			http.Error(w, `{"status":"error"}`, http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"status":"ok","trxid":%q}`, o.RefID)
	})))
}
