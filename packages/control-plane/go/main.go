// Command control-plane is etcd, kube-apiserver, kube-controller-manager and kube-scheduler in one binary: the first
// argument says which of them this process is, the others are that server's own flags.
//
// With TENURE_EXIT_WITH_STDIN=1 the process ends when its standard input is closed. The starter holds the other end of
// that pipe, and the kernel closes it however the starter ends, so no server outlives the one it was started for.
package main

import (
	"fmt"
	"io"
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/component-base/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
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

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: control-plane etcd|kube-apiserver|kube-controller-manager|kube-scheduler|version [flags]")
		os.Exit(2)
	}
	server := os.Args[1]
	os.Args = append([]string{server}, os.Args[2:]...)
	exitWithStdin()
	switch server {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllermanager.NewControllerManagerCommand()))
	case "kube-scheduler":
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	case "version":
		fmt.Println(version.Get().GitVersion)
	default:
		fmt.Fprintf(os.Stderr, "%q is not a server of this control plane\n", server)
		os.Exit(2)
	}
}
