package site

import "testing"

// TestAllOfItBuildsForABrowser: not only what the site's program has, the whole of raftlab does.
func TestAllOfItBuildsForABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds everything once more")
	}
	source, err := sourceDir()
	if err != nil {
		t.Fatal(err)
	}
	if err := buildForBrowser(t.Context(), source, "./..."); err != nil {
		t.Error(err)
	}
}
