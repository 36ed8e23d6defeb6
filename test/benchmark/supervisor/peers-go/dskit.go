package main

import (
	"context"
	"time"

	"github.com/go-kit/log"
	"github.com/grafana/dskit/modules"
	"github.com/grafana/dskit/services"
)

// dskit walks every path of the graph when it adds an edge and when it makes the services: with three needs each, twenty layers are
// 3^20 paths. So its figures are of one need each, but for the ladder.
func (r request) forDskit() request {
	r.fanIn = 1
	return r
}

func newDskitModules(r request) (*modules.Manager, []string, error) {
	manager := modules.NewManager(log.NewNopLogger())
	names := make([]string, r.size())
	for index := range names {
		names[index] = nameOf(index)
		manager.RegisterModule(names[index], func() (services.Service, error) {
			return services.NewBasicService(func(context.Context) error {
				if r.work > 0 {
					time.Sleep(r.work)
				}
				return nil
			}, func(ctx context.Context) error {
				<-ctx.Done()
				return nil
			}, func(error) error { return nil }), nil
		})
		for _, need := range r.needs(index) {
			if err := manager.AddDependency(names[index], names[need]); err != nil {
				return nil, nil, err
			}
		}
	}
	return manager, names, nil
}

func newDskitServices(r request) (*services.Manager, error) {
	manager, names, err := newDskitModules(r)
	if err != nil {
		return nil, err
	}
	byName, err := manager.InitModuleServices(names...)
	if err != nil {
		return nil, err
	}
	all := make([]services.Service, 0, len(byName))
	for _, service := range byName {
		all = append(all, service)
	}
	return services.NewManager(all...)
}

func dskitLife(r request) (starting, stopping time.Duration, err error) {
	manager, err := newDskitServices(r.forDskit())
	if err != nil {
		return 0, 0, err
	}
	begun := time.Now()
	if err := services.StartManagerAndAwaitHealthy(context.Background(), manager); err != nil {
		return 0, 0, err
	}
	starting = time.Since(begun)
	begun = time.Now()
	err = services.StopManagerAndAwaitStopped(context.Background(), manager)
	return starting, time.Since(begun), err
}

func dskitStart(r request) (float64, error) {
	starting, _, err := dskitLife(r)
	return milliseconds(starting), err
}

func dskitStop(r request) (float64, error) {
	_, stopping, err := dskitLife(r)
	return milliseconds(stopping), err
}

// With a need each: adding the edges and making the services. A ladder takes too long to wait for.
func dskitValidate(r request) (float64, error) {
	if r.layers > 100 {
		return 0, cannot("walks every path: would not end")
	}
	begun := time.Now()
	_, err := newDskitServices(r.forDskit())
	return milliseconds(time.Since(begun)), err
}

func dskitHeap(r request) (float64, error) {
	before := memoryUsed()
	manager, err := newDskitServices(r.forDskit())
	if err != nil {
		return 0, err
	}
	if err := services.StartManagerAndAwaitHealthy(context.Background(), manager); err != nil {
		return 0, err
	}
	bytes := (memoryUsed() - before) / float64(r.size())
	return bytes, services.StopManagerAndAwaitStopped(context.Background(), manager)
}
