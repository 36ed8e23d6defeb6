// The Go contestants of the supervisor's benchmark: `peers suture|dskit|fx`. The protocol is in ../serve.ts.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"
)

// request is what is asked of a contestant: layers of equal width, each node needing fanIn neighbours in the layer below.
type request struct {
	layers, width, fanIn int
	work                 time.Duration
}

func (r request) size() int { return r.layers * r.width }

// needs of the node with this index, as indexes: the rule is that of layeredGraph in ../layered-graph.ts.
func (r request) needs(index int) []int {
	if index < r.width {
		return nil
	}
	first := index - index%r.width - r.width
	needs := make([]int, r.fanIn)
	for next := range needs {
		needs[next] = first + (index+next)%r.width
	}
	return needs
}

// cannot says why a contestant has no figure.
type cannot string

func (c cannot) Error() string { return string(c) }

// A scenario gives a figure: milliseconds, or bytes for "heap".
type scenario func(request) (float64, error)

var contestants = map[string]map[string]scenario{
	"suture": {"start": sutureStart, "stop": sutureStop, "restart": sutureRestart, "abort": sutureAbort, "heap": sutureHeap},
	"dskit":  {"start": dskitStart, "stop": dskitStop, "validate": dskitValidate, "heap": dskitHeap},
	"fx":     {"start": fxStart, "stop": fxStop, "validate": fxValidate, "heap": fxHeap},
}

func main() {
	scenarios := contestants[os.Args[1]]
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var name string
		var r request
		var work int
		fmt.Sscanf(lines.Text(), "%s %d %d %d %d", &name, &r.layers, &r.width, &r.fanIn, &work)
		r.work = time.Duration(work) * time.Millisecond
		run, known := scenarios[name]
		if !known {
			fmt.Println("cannot has no such thing")
			continue
		}
		value, err := run(r)
		if err != nil {
			fmt.Println("cannot", err)
			continue
		}
		fmt.Println(value)
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// memoryUsed is the heap and the stacks of goroutines, after a collection.
func memoryUsed() float64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc + stats.StackInuse)
}

func nameOf(index int) string { return "n" + strconv.Itoa(index) }
