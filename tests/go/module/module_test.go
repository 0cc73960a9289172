package module

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var how = flag.String("how", "", "how TestHow ends: fail, panic, exit, sleep")

func TestData(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "words"))
	if err != nil {
		t.Fatal(err)
	}
	if n := Count(string(text))["fish"]; n != 4 {
		t.Errorf("fish: %d times, want 4", n)
	}
	if name := os.Getenv("MODULE_OUTPUT"); name != "" {
		if err := os.WriteFile(name, []byte(strings.ToUpper(string(text))), 0666); err != nil {
			t.Error(err)
		}
	}
}

func TestHow(t *testing.T) {
	switch *how {
	case "fail":
		t.Error("as it was told")
	case "panic":
		panic("as it was told")
	case "exit":
		os.Exit(77)
	case "sleep":
		time.Sleep(time.Hour)
	}
}

// Programs test their command lines by running themselves again.
func TestAgain(t *testing.T) {
	if os.Getenv("MODULE_AGAIN") != "" {
		os.Stdout.WriteString("again\n")
		os.Exit(3)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestAgain$")
	cmd.Env = append(os.Environ(), "MODULE_AGAIN=1")
	out, err := cmd.Output()
	if string(out) != "again\n" || err == nil {
		t.Errorf("output %q, error %v; want \"again\\n\" and an exit status", out, err)
	}
}

// The system's commands are there.
func TestCommand(t *testing.T) {
	out, err := exec.Command("echo", "a", "b c").Output()
	if err != nil || string(out) != "a b c\n" {
		t.Errorf("echo: output %q, error %v", out, err)
	}
}

func TestParallel(t *testing.T) {
	for i := 0; i < 20; i++ {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			time.Sleep(time.Millisecond)
			Count(strings.Repeat("word ", 1000))
		})
	}
}
