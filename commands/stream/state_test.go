package stream

import "testing"

// What a page is told of a command has a bound, also in a cluster that runs by itself for a day, where no
// command ends what is collected; what was taken back is not told.
func TestTheLastStoryIsBounded(t *testing.T) {
	var state State
	line := StoryLine{Text: "S1 enters term 1"}
	last := func() []*Step {
		state.Apply(&CommandItem{})
		return state.Items()[1].(*CommandItem).Steps
	}
	state.Apply(&SnapshotItem{})
	for range 1000 {
		state.Apply(&FrameItem{Steps: []*Step{{Story: []StoryLine{line, line}}}})
	}
	if len(state.story) != storyKept {
		t.Errorf("%d lines are kept, not %d", len(state.story), storyKept)
	}
	if steps := last(); len(steps) != 1 || len(steps[0].Story) != storyKept {
		t.Errorf("a new page is told %d steps", len(steps))
	}
	state.Apply(&FrameItem{Steps: []*Step{{Story: []StoryLine{line}}}})
	state.Apply(&SnapshotItem{})
	if steps := last(); len(steps) != 0 {
		t.Error("a new page is told what was taken back")
	}
}
