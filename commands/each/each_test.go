package each

import (
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
