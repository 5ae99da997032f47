package main

import (
	"runtime"
	"testing"
	"time"
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
