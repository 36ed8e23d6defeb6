package main

import (
	"encoding/json"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// event is one line of standard output: ready, leader (a new one is seen), started, stopping, stopped (the work), stopped-leading, failed, ended.
type event struct {
	Event    string `json:"event"`
	Lease    string `json:"lease"`
	Identity string `json:"identity"`
	// Leader is whoever leads now, of the event leader; "" when released. Of failed, why.
	Leader string `json:"leader"`
	// At is in ms on CLOCK_MONOTONIC, which all processes of a machine share, Node's among them.
	At float64 `json:"at"`
}

var output sync.Mutex

func report(e event) {
	output.Lock()
	defer output.Unlock()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		panic(err)
	}
	e.At = float64(now.Nano()) / 1e6
	line, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	os.Stdout.Write(append(line, '\n'))
}
