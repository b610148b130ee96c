package search

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/setting"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/look"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/raft"
)

var (
	sweepSetting = look.Setting()
	sweepValues  = sweepKind.New().Optional()
	sweepStep    = lang.Decimal("K", 0.0001, 1_000_000).Keyword("step")
	sweepRuns    = lang.Count(1, 100_000).Default(100).Keyword("runs")
)

// sweepKind is values as words, up to an option.
var sweepKind = &lang.Kind[[]string]{
	Name: "VALUES", Doc: "values of the setting, each one word: `150..300 150..200`; or with `step` a range of them: " +
		"`10..50 step 10`",
	Starts: func(w lang.Word) bool { return !sweepOption(w) },
	Parse: func(p *lang.Parser) ([]string, error) {
		var out []string
		for w, ok := p.Peek(); ok && !sweepOption(w); w, ok = p.Peek() {
			if w, err := p.Next(); err == nil {
				out = append(out, w.Text)
			}
		}
		return out, nil
	},
	Complete: func(c *lang.Completion) { c.Offer(lab.WorldOf(c.World).Values(c.Last())...) },
}

func sweepOption(w lang.Word) bool { return !w.Quoted && (w.Text == "step" || w.Text == "runs") }

type sweepView struct {
	Bugs    []string  `json:"bugs" doc:"the bugs that are on, or null"`
	Measure string    `json:"measure" doc:"what was measured, with its unit"`
	Nodes   int       `json:"nodes" doc:"how many servers the cluster has"`
	Setting string    `json:"setting" doc:"the setting"`
	Values  []summary `json:"values" doc:"a row for each value of it, or null"`
}

var _ = Commands.Register(&lang.Command{
	Name: "sweep", Topic: lab.TopicLab,
	Summary: "measures how long a cluster is without a leader, for different values of a setting",
	Args:    lang.Params{sweepSetting, sweepValues, sweepStep, sweepRuns},
	Details: "For each value, it starts new clusters with the seeds 1, 2, 3 …, with as many servers as now and " +
		"with the present settings and bugs. Each cluster elects a leader, every server hears from it, and it " +
		"crashes. The ticks until there is another leader are counted. The present does not change, and the same " +
		"sweep always gives the same figures.\n\n" +
		"The chart has a logarithmic scale: | is the shortest run, # the median, and ] the 95th percentile. " +
		"`elections` is the average number of elections in a run; more than one means split votes.\n\n" +
		"`sweep election-timeout` alone takes the values of the paper's Figure 16. With `step`, a single number " +
		"N means the timeouts N..2N. If you name no values for a setting that takes only a few words, all of " +
		"them are tried.",
	Examples: []string{
		"sweep election-timeout 150..150 150..155 150..300 runs 5", "sweep election-timeout 10..30 step 10 runs 5",
		"sweep prevote runs 5", "sweep latency 1 5 10 runs 5",
	},
	Results: []any{sweepView{}},
	Needs:   lab.Needs(lab.Copies),
	Run:     runSweep,
})

// figure16 is the amounts of randomness of the paper's Figure 16, in its upper
// half.
var figure16 = []string{"150..150", "150..151", "150..155", "150..175", "150..200", "150..300"}

// maxSwept bounds the values of one sweep, so that the chart stays on a screen.
const maxSwept = 40

func runSweep(c *lang.Call) (*lang.Result, error) {
	l, name := lab.Of(c), sweepSetting.Of(c)
	d := setting.Find(name)
	if d == nil {
		return nil, lang.Errorf("%s is a setting of the console, and no cluster depends on it", name)
	}
	if l.World().Size() < 3 {
		return nil, lang.Errorf("it takes three servers: with %s no server can be elected once the leader is gone",
			prose.Plural(l.World().Size(), "server"))
	}
	values, err := sweptValues(l.World(), d, sweepValues.Of(c), sweepStep.Of(c))
	if err != nil {
		return nil, err
	}
	runs := sweepRuns.Of(c)
	var rows []summary
	for i, value := range values {
		t := trial{world: l.World(), setting: name, value: value}
		at := l.World().Clone()
		_ = at.Apply(cluster.Set{Name: name, Value: value}) // sweptValues has tried it
		t.limit = limitFor(at.Settings())
		n := 0
		all, err := t.runs(c.Ctx, runs, func() {
			n++
			c.Progress("%s %s (%d of %d): %d of %d runs", name, value, i+1, len(values), n, runs)
		})
		if c.Ctx.Err() != nil {
			return sweepResult(l.World(), name, rows),
				lang.Interrupted(fmt.Sprintf("after %d of %s", len(rows), prose.Plural(len(values), "value")))
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, summarize(d.Get(at.Settings()), t.limit, all))
	}
	return sweepResult(l.World(), name, rows), nil
}

// sweptValues is the values that were asked for, each one that the setting
// takes.
func sweptValues(w *cluster.World, d *setting.Setting, words []string, step float64) ([]string, error) {
	var out []string
	switch {
	case len(words) == 0 && d.Name == "election-timeout" && step == 0:
		out = figure16
	case len(words) == 0 && step == 0:
		if out = d.Choices; len(out) == 0 {
			return nil, lang.Errorf("which values? %s takes %s", d.Name, d.Values).
				WithHint("sweep %s A B C, or sweep %s FROM..TO step K", d.Name, d.Name)
		}
	case step != 0:
		if len(words) != 1 {
			return nil, lang.Errorf("step goes with one range").WithHint("sweep %s 10..50 step 10", d.Name)
		}
		var err error
		if out, err = steps(d, words[0], step); err != nil {
			return nil, err
		}
	default:
		out = words
	}
	if len(out) > maxSwept {
		return nil, lang.Errorf("these are more than %d values", maxSwept).WithHint("take a larger step")
	}
	for _, value := range out {
		if err := w.Clone().Apply(cluster.Set{Name: d.Name, Value: value}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// steps is a range of values.
func steps(d *setting.Setting, text string, step float64) ([]string, error) {
	from, to, _ := strings.Cut(text, "..")
	a, err1 := strconv.ParseFloat(from, 64)
	b, err2 := strconv.ParseFloat(to, 64)
	if err1 != nil || err2 != nil || strings.Trim(from+to, "0123456789.") != "" || a > b {
		return nil, lang.Errorf("with step, values are FROM..TO, such as 10..50, not %s", prose.Cite(text))
	}
	var out []string
	for i := 0; i <= int(math.Floor((b-a)/step+1e-9)) && i <= maxSwept; i++ {
		v := strconv.FormatFloat(math.Round((a+float64(i)*step)*1e6)/1e6, 'f', -1, 64)
		if n, ok := lang.Digits(v); ok && d.Name == "election-timeout" {
			v = fmt.Sprintf("%d..%d", n, 2*n)
		}
		out = append(out, v)
	}
	return out, nil
}

// sweepResult is the figures, and a bar for each.
func sweepResult(w *cluster.World, name string, rows []summary) *lang.Result {
	bugs := append([]string{}, each.As(tell.Mutants(w), func(m *raft.Mutant) string { return m.Name })...)
	r := lang.OK().With(sweepView{Setting: name, Nodes: w.Size(), Measure: "ticks without a leader", Bugs: bugs,
		Values: rows})
	if len(rows) == 0 {
		return r
	}
	low, high := chartEnds(rows)
	t := view.Table{Head: []string{name, "median", "95%", "elections", chartHead(low, high)}, Fixed: 1,
		Right: []bool{false, true, true, true}}
	for s := range each.Of(rows) {
		row := []view.Line{view.LS(view.Strong, s.Value), nil, nil,
			view.L(strconv.FormatFloat(s.Elections, 'f', 1, 64)), bar(s, low, high)}
		for k, share := range []float64{0.5, 0.95} {
			value := []int{s.Median, s.P95}[k]
			row[k+1] = view.L(fmt.Sprint(value))
			if !s.known(share) {
				row[k+1] = view.LS(view.Bad, "never")
			}
		}
		t.Rows = append(t.Rows, row)
	}
	head := fmt.Sprintf("Ticks without a leader after a crash: %d servers, %s of each value", w.Size(),
		prose.Plural(rows[0].Runs, "run"))
	if len(bugs) > 0 {
		head += ", with " + prose.And(bugs) + " on"
	}
	r.Block(Headline(view.LS(view.Strong, head)), t)
	r.Block(view.Says(view.Quiet, "| shortest run   # median   ] 95th percentile; each column is the same factor"))
	return r.Block(view.Prose{Words: view.L(sweepSentence(name, rows))})
}

// chartWidth is how wide the bars are; the table stands on 80 columns then.
const chartWidth = 36

// chartEnds is the shortest and the longest time to be drawn.
func chartEnds(rows []summary) (low, high int) {
	low, high = math.MaxInt, 1
	for s := range each.Of(rows) {
		if s.known(0) {
			low, high = min(low, max(s.Min, 1)), max(high, s.Min)
		}
		if s.known(0.95) {
			high = max(high, s.P95)
		}
		if s.known(0.5) {
			high = max(high, s.Median)
		}
	}
	return min(low, high), high
}

func chartHead(low, high int) string {
	left, right := fmt.Sprint(low), fmt.Sprint(high)
	return left + " " + strings.Repeat(".", max(1, chartWidth-2-len(left)-len(right))) + " " + right
}

// chartColumn is where a time stands in the chart.
func chartColumn(v, low, high int) int {
	if high <= low || v <= low {
		return 0
	}
	return int(math.Round(math.Log(float64(v)/float64(low)) / math.Log(float64(high)/float64(low)) * (chartWidth - 1)))
}

// bar is the times of one value, from the shortest to the 95th percentile; it
// runs off the chart where that is not known.
func bar(s *summary, low, high int) view.Line {
	if !s.known(0) {
		return view.LS(view.Bad, fmt.Sprintf("no leader within %d ticks", s.Limit))
	}
	cells := []byte(strings.Repeat(" ", chartWidth))
	from, to := chartColumn(s.Min, low, high), chartWidth-1
	if s.known(0.95) {
		to = chartColumn(s.P95, low, high)
	}
	for i := from; i <= to; i++ {
		cells[i] = '-'
	}
	cells[from] = '|'
	if s.known(0.95) {
		cells[to] = ']'
	} else {
		cells[to] = '>'
	}
	if s.known(0.5) {
		cells[chartColumn(s.Median, low, high)] = '#'
	}
	return view.LS(view.Good, strings.TrimRight(string(cells), " "))
}

// sweepSentence says in words what the chart shows.
func sweepSentence(name string, rows []summary) string {
	var never []string
	for s := range each.Of(rows) {
		if s.Never > 0 {
			never = append(never, fmt.Sprintf("with %s, %d of %s had none within %d ticks", s.Value, s.Never,
				prose.Plural(s.Runs, "run"), s.Limit))
		}
	}
	text := "No value gave a new leader in half of the runs."
	if half := each.Only(rows, func(s summary) bool { return s.known(0.5) }); len(half) > 0 {
		sooner := func(a, b summary) int { return a.Median - b.Median }
		best, worst := slices.MinFunc(half, sooner), slices.MaxFunc(half, sooner)
		text = "Half of the runs had a leader again within " + prose.Plural(best.Median, "tick")
		if best.Median == worst.Median {
			text += fmt.Sprintf(", whatever %s was.", name)
		} else {
			text += fmt.Sprintf(" with %s, and only within %d with %s.", best.Value, worst.Median, worst.Value)
		}
	}
	if len(never) > 0 {
		text += " " + prose.Capital(strings.Join(never, "; ")) + "."
	}
	if name == "election-timeout" {
		text += " " + timeoutLesson(rows)
	}
	return text
}

// timeoutLesson is what the paper draws from it: one thing of ranges that begin
// alike, another of shorter and longer ones.
func timeoutLesson(rows []summary) string {
	first := func(s *summary) string { low, _, _ := strings.Cut(s.Value, ".."); return low }
	for i := range rows {
		if first(&rows[i]) != first(&rows[0]) {
			return "Shorter timeouts find a new leader sooner, as long as they stay well above the time that " +
				"messages take (sections 5.6 and 9.3)."
		}
	}
	return "Timers that fire together split the vote; the wider the range they are drawn from, the rarer that is " +
		"(section 9.3, Figure 16)."
}
