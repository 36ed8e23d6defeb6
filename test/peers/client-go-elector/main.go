// Leader electors of client-go as a process of the tests' and the benchmark's: candidates for one or several Leases, each with work
// that begins when it leads and needs a while to stop. It tells what happens as JSON lines, and is told by lines on its standard input.
// The electors' log is on standard error. ../tenure-elector.ts is ours of the same form.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

type options struct {
	kubeconfig, namespace, identity           string
	leaseDuration, renewDeadline, retryPeriod time.Duration
	workStop                                  time.Duration
	releaseOnCancel, again                    bool
}

func main() {
	var o options
	var leases string
	var stagger time.Duration
	flag.StringVar(&o.kubeconfig, "kubeconfig", "", "path of the kubeconfig")
	flag.StringVar(&o.namespace, "namespace", "default", "namespace of the Leases")
	flag.StringVar(&leases, "leases", "", "names of the Leases, with commas between")
	flag.StringVar(&o.identity, "identity", "", "of every elector here")
	flag.DurationVar(&o.leaseDuration, "lease-duration", 15*time.Second, "")
	flag.DurationVar(&o.renewDeadline, "renew-deadline", 10*time.Second, "")
	flag.DurationVar(&o.retryPeriod, "retry-period", 2*time.Second, "")
	flag.DurationVar(&o.workStop, "work-stop", 0, "how long the work goes on after it was asked to stop")
	flag.BoolVar(&o.releaseOnCancel, "release-on-cancel", true, "release the Lease when the elector is stopped")
	flag.BoolVar(&o.again, "again", false, "campaign again after a loss, when the work has stopped")
	flag.DurationVar(&stagger, "stagger", 0, "the electors begin this far apart")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	cancels := map[string]context.CancelFunc{}
	var electors sync.WaitGroup
	for index, lease := range strings.Split(leases, ",") {
		elector, err := newElector(o, lease)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		own, cancel := context.WithCancel(ctx)
		cancels[lease] = cancel
		delay := time.Duration(index) * stagger
		electors.Go(func() {
			pause(own, delay)
			elector.run(own)
		})
	}
	go obey(cancels, stop)
	report(event{Event: "ready"})
	electors.Wait()
	report(event{Event: "ended"})
}

// obey: `stop LEASE` stops one elector; the end of the input, which is that of whoever started us, stops all.
func obey(cancels map[string]context.CancelFunc, stopAll func()) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if lease, found := strings.CutPrefix(lines.Text(), "stop "); found {
			if cancel, known := cancels[lease]; known {
				cancel()
			}
		}
	}
	stopAll()
}

// pause returns early when ctx is done.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
