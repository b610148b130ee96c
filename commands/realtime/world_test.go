//go:build !js

package realtime

import (
	"testing"

	"raftlab/cluster/setting"
)

// What is said of a setting that cannot be changed here is said of one that there is.
func TestWhatIsFixedIsASetting(t *testing.T) {
	for name := range fixed {
		if setting.Find(name) == nil {
			t.Errorf("%s is no setting", name)
		}
	}
}
