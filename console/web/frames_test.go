package web

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"raftlab/commands/page/chromium"
)

// watchFrames lets a page note when each of its frames begins, in milliseconds.
const watchFrames = `(() => {
	window.begun = [];
	const note = at => { window.begun.push(at); requestAnimationFrame(note); };
	requestAnimationFrame(note);
})()`

// BenchmarkFrames is how evenly the page moves while an election and its entries are played: each round
// is `settle` of a new cluster, as long as that is played. Its figures are the middle and the slowest of
// a hundred frames in milliseconds, and frames a second; a screen of 60 frames has one each 16.7 ms.
func BenchmarkFrames(b *testing.B) {
	browser, v := chromium.Start(b), serve(b)
	p := &tab{chromium.Open(b, browser, v.Address(), chromium.Wall, false), b}
	p.shows(v)
	p.JS(watchFrames)
	var between []float64
	for b.Loop() {
		between = append(between, v.played(p)...)
	}
	slices.Sort(between)
	total := 0.0
	for _, ms := range between {
		total += ms
	}
	b.ReportMetric(between[len(between)/2], "ms-middle")
	b.ReportMetric(between[len(between)*99/100], "ms-99th")
	b.ReportMetric(1000*float64(len(between))/total, "frames/s")
	b.ReportMetric(0, "ns/op")
}

// played is how long each frame of a page took while settle is played.
func (v *served) played(p *tab) (between []float64) {
	v.run("new 5; timeout S1")
	p.shows(v)
	p.JS("window.begun = []")
	v.run("settle; put x 1; settle")
	time.Sleep(2 * time.Second) // what a command brought about is played in at most this time
	var at []float64
	p.Do(chromedp.Evaluate("window.begun", &at))
	for i := 1; i < len(at); i++ {
		between = append(between, at[i]-at[i-1])
	}
	return between
}
