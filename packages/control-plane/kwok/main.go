// Command simulated-nodes is kwok, which plays the kubelet of nodes that do not exist: their pods are scheduled, become
// ready and go when they are deleted, and nothing runs in them.
//
// It is a binary of its own because kwok's `version` flag clashes with that of the Kubernetes servers. `stages` as the
// only argument prints kwok's default stages (what happens to a node or a pod, and when), fit for its --config.
//
// The nodes' heartbeats are those in their status, every 20 to 25 s. With kwok's other kind, leases, a kwok that follows
// one that was killed minds no node until the leases of the first have run out.
//
// With TENURE_EXIT_WITH_STDIN=1 the process ends when its standard input is closed. The starter holds the other end of
// that pipe, and the kernel closes it however the starter ends, so no server outlives the one it was started for.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"
	nodefast "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	nodeheartbeat "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat"
	podfast "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
	"sigs.k8s.io/kwok/pkg/config"
	"sigs.k8s.io/kwok/pkg/kwok/cmd"
	"sigs.k8s.io/kwok/pkg/log"
	"sigs.k8s.io/kwok/pkg/utils/signals"
)

// exitOrphaned is the exit code of a server whose starter is gone.
const exitOrphaned = 75

func exitWithStdin() {
	if os.Getenv("TENURE_EXIT_WITH_STDIN") != "1" {
		return
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(exitOrphaned)
	}()
}

func stages() string {
	return strings.Join([]string{
		nodefast.DefaultNodeInit,
		nodeheartbeat.DefaultNodeHeartbeat,
		podfast.DefaultPodReady,
		podfast.DefaultPodComplete,
		podfast.DefaultPodDelete,
	}, "\n---\n")
}

func run() error {
	flags := pflag.NewFlagSet("global", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}
	ctx, _ := log.InitFlags(signals.SetupSignalContext(), flags)
	ctx, err := config.InitFlags(ctx, flags)
	if err != nil {
		return err
	}
	command := cmd.NewCommand(ctx)
	command.PersistentFlags().AddFlagSet(flags)
	return command.ExecuteContext(ctx)
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "stages" {
		fmt.Println(stages())
		return
	}
	exitWithStdin()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
