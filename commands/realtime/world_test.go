//go:build !js

package realtime

import (
	"testing"

	"raftlab/cluster"
)

// What is said of a setting that cannot be changed here is said of one that there is.
func TestWhatIsFixedIsASetting(t *testing.T) {
	for name := range fixed {
		if cluster.FindSetting(name) == nil {
			t.Errorf("%s is no setting", name)
		}
	}
}
