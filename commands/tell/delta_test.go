package tell

import "testing"

// What a leader keeps for each server is told in the order of the servers, S2 before S10.
func TestFiguresAreInTheOrderOfTheServers(t *testing.T) {
	if got := byServer(map[string]int{"S10": 1, "S2": 3, "S1": 2}); got != "S1 2, S2 3, S10 1" {
		t.Error(got)
	}
}
