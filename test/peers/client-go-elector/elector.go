package main

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// elector is one candidate for one Lease.
type elector struct {
	options
	lease string
	lock  *lock
}

// lock tells synchronously that the Lease was acquired; the callbacks of the elector run whenever they are scheduled.
type lock struct {
	resourcelock.Interface
	acquired func()
}

func (l *lock) RecordEvent(what string) {
	if what == "became leader" {
		l.acquired()
	}
	l.Interface.RecordEvent(what)
}

// newElector has a client of its own, and so a connection and a limit of requests of its own, as a controller has.
func newElector(o options, lease string) (*elector, error) {
	config, err := clientcmd.BuildConfigFromFlags("", o.kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	// Connections are shared by all clients of a process that dial in the same way.
	config.Dial = (&net.Dialer{Timeout: 30 * time.Second}).DialContext
	// Sets the client's timeout as Kubernetes' own controllers do: half of the renew deadline.
	inner, err := resourcelock.NewFromKubeconfig(resourcelock.LeasesResourceLock, o.namespace, lease,
		resourcelock.ResourceLockConfig{Identity: o.identity}, config, o.renewDeadline)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	return &elector{options: o, lease: lease, lock: &lock{Interface: inner}}, nil
}

// run returns when the elector was stopped, or has lost the lease, and the work has stopped.
func (e *elector) run(ctx context.Context) {
	for {
		var work sync.WaitGroup
		leads := false
		e.lock.acquired = func() {
			leads = true
			work.Add(1)
		}
		candidate, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
			Lock: e.lock, Name: e.lease, ReleaseOnCancel: e.releaseOnCancel,
			LeaseDuration: e.leaseDuration, RenewDeadline: e.renewDeadline, RetryPeriod: e.retryPeriod,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(leading context.Context) {
					defer work.Done()
					e.tell("started", "")
					<-leading.Done()
					e.tell("stopping", "")
					time.Sleep(e.workStop)
					e.tell("stopped", "")
				},
				OnStoppedLeading: func() {
					// Called also when it never led.
					if leads {
						e.tell("stopped-leading", "")
					}
				},
				OnNewLeader: func(leader string) { e.tell("leader", leader) },
			},
		})
		if err != nil {
			e.tell("failed", err.Error())
			return
		}
		candidate.Run(ctx)
		work.Wait()
		if ctx.Err() != nil || !e.again {
			return
		}
	}
}

func (e *elector) tell(name, leader string) {
	report(event{Event: name, Lease: e.lease, Identity: e.identity, Leader: leader})
}
