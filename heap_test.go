package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"countersign/cli"
)

func TestHeapLimit(t *testing.T) {
	for _, c := range []struct{ needed, want int64 }{
		{0, 90 << 20},
		{60 << 20, 90 << 20},
		{80 << 20, 120 << 20}, // half of what is needed is left to work in
		{1 << 30, 3 << 29},
	} {
		if got := heapLimit(c.needed, 90<<20); got != c.want {
			t.Errorf("where %d bytes are needed, %d may be used; want %d", c.needed, got, c.want)
		}
	}
}

// TestCollect: the first collection comes later than the next ones, where the environment doesn't say when.
func TestCollect(t *testing.T) {
	was := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(was) })
	now := func() uint64 {
		percent := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(percent)
		return percent[0].Value.Uint64()
	}
	collect(cli.Env{Getenv: func(string) string { return "100" }}, 50)
	if got := now(); got != 100 {
		t.Errorf("the environment's GOGC is 100, and %d is set", got)
	}
	collect(cli.Env{Getenv: func(string) string { return "" }}, 50)
	if got := now(); got != firstGarbage {
		t.Errorf("%d is set before the first collection, want %d", got, firstGarbage)
	}
	for runtime.GC(); now() != 50; { // which the test's own time ends if it never is
		runtime.Gosched()
	}
}

// TestAfterCollection: what is asked for is done at once, and after each collection.
func TestAfterCollection(t *testing.T) {
	done, ended := make(chan bool), t.Context().Done()
	go afterCollection(func() {
		select {
		case done <- true:
		case <-ended:
		}
	})
	<-done
	for range 2 {
		for again := false; !again; {
			runtime.GC()
			select {
			case again = <-done:
			case <-time.After(time.Millisecond):
			}
		}
	}
}
