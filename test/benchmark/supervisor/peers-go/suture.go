package main

import (
	"context"
	"errors"
	"sort"
	"sync"
	"time"

	"github.com/thejerf/suture/v4"
)

var errTold = errors.New("told to fail")

// A service of suture runs in Serve; it has no start that anybody waits for, and no dependencies.
type sutureService struct {
	fleet *sutureFleet
	fail  chan struct{}
}

func (s *sutureService) Serve(ctx context.Context) error {
	s.fleet.serving.Done()
	select {
	case <-ctx.Done():
		s.fleet.ended.Done()
		return ctx.Err()
	case <-s.fail:
		return errTold
	}
}

type sutureFleet struct {
	services       []*sutureService
	serving, ended sync.WaitGroup
	cancel         context.CancelFunc
	over           <-chan error
}

func newSutureFleet(r request) (*sutureFleet, *suture.Supervisor) {
	// Never so many failures that it backs off.
	supervisor := suture.New("all", suture.Spec{FailureThreshold: 1e9, EventHook: func(suture.Event) {}})
	fleet := &sutureFleet{}
	for range r.size() {
		service := &sutureService{fleet: fleet, fail: make(chan struct{})}
		fleet.services = append(fleet.services, service)
		supervisor.Add(service)
	}
	fleet.serving.Add(r.size())
	fleet.ended.Add(r.size())
	return fleet, supervisor
}

func (f *sutureFleet) start(supervisor *suture.Supervisor) time.Duration {
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel = cancel
	begun := time.Now()
	f.over = supervisor.ServeBackground(ctx)
	f.serving.Wait()
	return time.Since(begun)
}

func (f *sutureFleet) stop() time.Duration {
	begun := time.Now()
	f.cancel()
	<-f.over
	return time.Since(begun)
}

func sutureStart(r request) (float64, error) {
	if r.work > 0 {
		return 0, cannot("nobody waits for a start")
	}
	fleet, supervisor := newSutureFleet(r)
	took := fleet.start(supervisor)
	fleet.stop()
	return milliseconds(took), nil
}

func sutureStop(r request) (float64, error) {
	fleet, supervisor := newSutureFleet(r)
	fleet.start(supervisor)
	return milliseconds(fleet.stop()), nil
}

func sutureAbort(r request) (float64, error) {
	fleet, supervisor := newSutureFleet(r)
	fleet.start(supervisor)
	begun := time.Now()
	fleet.cancel()
	fleet.ended.Wait()
	took := time.Since(begun)
	<-fleet.over
	return milliseconds(took), nil
}

// The median of 200 restarts, from the order to fail until the service runs again.
func sutureRestart(r request) (float64, error) {
	fleet, supervisor := newSutureFleet(r)
	fleet.start(supervisor)
	taken := make([]time.Duration, 200)
	for round := range taken {
		service := fleet.services[len(fleet.services)-1-round%r.width]
		fleet.serving.Add(1)
		begun := time.Now()
		service.fail <- struct{}{}
		fleet.serving.Wait()
		taken[round] = time.Since(begun)
	}
	fleet.stop()
	sort.Slice(taken, func(left, right int) bool { return taken[left] < taken[right] })
	return milliseconds(taken[len(taken)/2]), nil
}

func sutureHeap(r request) (float64, error) {
	if _, err := sutureStart(r); err != nil {
		return 0, err
	}
	before := memoryUsed()
	fleet, supervisor := newSutureFleet(r)
	fleet.start(supervisor)
	bytes := (memoryUsed() - before) / float64(r.size())
	fleet.stop()
	return bytes, nil
}
