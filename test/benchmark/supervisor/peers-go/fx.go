package main

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/fx"
)

type fxNode struct{}

// Each node a constructor of a named value. fx makes them dependencies first, and runs their hooks one after the other.
func fxOptions(r request) []fx.Option {
	hooks := func(lifecycle fx.Lifecycle) *fxNode {
		lifecycle.Append(fx.Hook{
			OnStart: func(context.Context) error {
				if r.work > 0 {
					time.Sleep(r.work)
				}
				return nil
			},
			OnStop: func(context.Context) error { return nil },
		})
		return &fxNode{}
	}
	options := []fx.Option{fx.NopLogger, fx.StartTimeout(time.Minute), fx.StopTimeout(time.Minute)}
	for index := range r.size() {
		result := fx.ResultTags(named(index))
		needs := r.needs(index)
		tags := []string{""}
		for _, need := range needs {
			tags = append(tags, named(need))
		}
		var constructor any
		switch len(needs) {
		case 0:
			constructor = hooks
		case 2:
			constructor = func(lifecycle fx.Lifecycle, _, _ *fxNode) *fxNode { return hooks(lifecycle) }
		default:
			constructor = func(lifecycle fx.Lifecycle, _, _, _ *fxNode) *fxNode { return hooks(lifecycle) }
		}
		options = append(options, fx.Provide(fx.Annotate(constructor, fx.ParamTags(tags...), result)))
		options = append(options, fx.Invoke(fx.Annotate(func(*fxNode) {}, fx.ParamTags(named(index)))))
	}
	return options
}

func named(index int) string { return fmt.Sprintf("name:%q", nameOf(index)) }

// New makes the instances, Start runs their hooks: a start is both.
func fxLife(r request) (starting, stopping time.Duration, err error) {
	options := fxOptions(r)
	begun := time.Now()
	app := fx.New(options...)
	if err := app.Start(context.Background()); err != nil {
		return 0, 0, err
	}
	starting = time.Since(begun)
	begun = time.Now()
	err = app.Stop(context.Background())
	return starting, time.Since(begun), err
}

func fxStart(r request) (float64, error) {
	starting, _, err := fxLife(r)
	return milliseconds(starting), err
}

func fxStop(r request) (float64, error) {
	_, stopping, err := fxLife(r)
	return milliseconds(stopping), err
}

func fxValidate(r request) (float64, error) {
	options := fxOptions(r)
	begun := time.Now()
	err := fx.ValidateApp(options...)
	return milliseconds(time.Since(begun)), err
}

func fxHeap(r request) (float64, error) {
	before := memoryUsed()
	app := fx.New(fxOptions(r)...)
	if err := app.Start(context.Background()); err != nil {
		return 0, err
	}
	bytes := (memoryUsed() - before) / float64(r.size())
	return bytes, app.Stop(context.Background())
}
