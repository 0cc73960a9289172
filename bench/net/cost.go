// Runs a command, passes its output on, and prints behind it the CPU seconds that it and all that it left behind have used,
// as helper processes that end with it.  usage: cost COMMAND [ARGUMENT...]
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

const prSetChildSubreaper = 36

func main() {
	if _, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0); e != 0 {
		fmt.Fprintln(os.Stderr, "cost: prctl:", e)
		os.Exit(1)
	}
	c := exec.Command(os.Args[1], os.Args[2:]...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := c.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
	for { // orphans are ours
		if _, err := syscall.Wait4(-1, nil, 0, nil); err != nil && err != syscall.EINTR {
			break
		}
	}
	var ru syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_CHILDREN, &ru)
	fmt.Printf("%.2f\n", float64(ru.Utime.Nano()+ru.Stime.Nano())/1e9)
}
