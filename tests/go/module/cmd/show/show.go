// Show prints what it was started with, copies its standard input and exits with the status that it was told.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

var (
	status = flag.Int("status", 0, "exit status")
	name   = flag.String("env", "", "print this variable")
	dir    = flag.String("dir", "", "print the names in this directory")
	wait   = flag.Bool("wait", false, "wait, for ever")
	catch  = flag.Bool("catch", false, "wait for an interrupt")
)

func main() {
	flag.Parse()
	for _, arg := range flag.Args() {
		fmt.Printf("%q\n", arg)
	}
	if *name != "" {
		fmt.Printf("%q\n", os.Getenv(*name))
	}
	if *dir != "" {
		entries, err := os.ReadDir(*dir)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		for _, e := range entries {
			fmt.Printf("%q\n", e.Name())
		}
	}
	if *catch {
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt, syscall.SIGTERM)
		fmt.Println("ready")
		fmt.Println(<-c)
	}
	if *wait {
		fmt.Println("ready")
		time.Sleep(time.Hour)
	}
	if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(*status)
}
