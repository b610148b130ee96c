package each

import (
	"errors"
	"runtime"
	"slices"
	"strconv"
	"testing"
)

func TestEach(t *testing.T) {
	list := []int{3, 1, 2}
	if got := As(list, strconv.Itoa); !slices.Equal(got, []string{"3", "1", "2"}) {
		t.Errorf("As: %v", got)
	}
	if got := Only(list, func(n int) bool { return n > 1 }); !slices.Equal(got, []int{3, 2}) {
		t.Errorf("Only: %v", got)
	}
	if As([]int{}, strconv.Itoa) != nil || Only(list, func(int) bool { return false }) != nil {
		t.Error("what nothing comes of is not nil")
	}
	for x := range Of(list) {
		if *x++; *x == 2 {
			break
		}
	}
	if !slices.Equal(list, []int{4, 2, 2}) {
		t.Errorf("Of: %v", list)
	}
}

// Every number is come to once, and the error is that of the lowest that has one.
func TestSideBySide(t *testing.T) {
	const n = 100
	var done [n]int
	if err := SideBySide(n, func(i int) error { done[i]++; return nil }); err != nil {
		t.Error(err)
	}
	if i := slices.IndexFunc(done[:], func(times int) bool { return times != 1 }); i >= 0 {
		t.Errorf("%d: %d times", i, done[i])
	}
	if err := SideBySide(0, nil); err != nil {
		t.Error(err)
	}
	low, high := errors.New("low"), errors.New("high")
	both := make(chan bool)
	err := SideBySide(2, func(i int) error { // on one core the first ends it
		if runtime.GOMAXPROCS(0) > 1 {
			if i == 1 {
				close(both)
			} else {
				<-both
			}
		}
		return []error{low, high}[i]
	})
	if err != low {
		t.Errorf("the error is %v", err)
	}
}
