package console

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"raftlab/commands"
	"raftlab/commands/prose"
)

// settings is the command line.
type settings struct {
	nodes     number
	seed      number
	texts     []string // -c
	first     []string // -i
	files     []string
	json      bool
	color     choice
	keepGoing bool
	resume    bool // go on where the last session ended
	guest     commands.GuestOptions
	version   bool
	help      bool
	search    searchFlags
	mark      markFlags
	grade     gradeFlags
	viva      vivaFlags
	judge     judgeFlags
	run       string // of a real cluster, that is opened; "": none
	stay      bool   // at the prompt, whatever else runs
	web       webFlag
	word      string // the first word, when it is no file
	live      bool   // raftlab live: a cluster that runs by itself
	data      string // where it keeps its stable storage
	tick      time.Duration
}

// options is the command line as a session takes it.
func (s *settings) options() commands.Options {
	o := commands.Options{Nodes: int(s.nodes.value), Seed: s.seed.value, KeepGoing: s.keepGoing,
		Store: stateFiles{}, Guests: s.guest}
	if s.live {
		o.Live = &commands.LiveOptions{Dir: s.data, Tick: s.tick}
	}
	if s.run != "" {
		o.Run = s.judge.order(s.run)
	}
	return o
}

// number is a decimal number within a range, and nothing else: no sign, no
// hexadecimal, no underscores.
type number struct{ value, least, most uint64 }

func (n *number) String() string { return strconv.FormatUint(n.value, 10) }
func (n *number) Type() string   { return "N" }

func (n *number) Set(text string) error {
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil || v < n.least || v > n.most || text[0] == '+' {
		return fmt.Errorf("give a decimal number from %d to %d", n.least, n.most)
	}
	n.value = v
	return nil
}

// choice is one of a few words.
type choice struct {
	value string
	of    []string
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return strings.Join(c.of, "|") }

func (c *choice) Set(text string) error {
	if !slices.Contains(c.of, text) {
		return errors.New("give one of " + strings.Join(c.of, ", "))
	}
	c.value = text
	return nil
}

// noFlags is a set without flags that prints nothing by itself.
func noFlags() *pflag.FlagSet {
	f := pflag.NewFlagSet("raftlab", pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.SortFlags = false
	f.Usage = func() {}
	return f
}

func newFlags(s *settings) *pflag.FlagSet {
	s.nodes = number{5, 1, 99}
	s.seed = number{1, 0, 1<<64 - 1}
	s.color = choice{"auto", []string{"auto", "always", "never"}}
	f := noFlags()
	if add := map[string]func(*pflag.FlagSet){"mark": s.mark.add, "guest": s.addReference,
		"grade": s.grade.add, "viva": s.viva.add, "judge": s.addJudge}[s.word]; add != nil {
		add(f)
		f.Var(&s.color, "color", "auto obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR\nand a dumb terminal")
		f.BoolVarP(&s.help, "help", "h", false, "show this help")
		return f
	}
	f.Var(&s.nodes, "nodes", "number of servers, S1, S2, …")
	if s.live {
		s.nodes.value = 0 // as many as the data was made for, or five
		f.Lookup("nodes").DefValue = "5"
		f.StringVar(&s.data, "data", "", "keep stable storage in `DIR` instead of in memory")
		f.DurationVar(&s.tick, "tick", 50*time.Millisecond, "the length of a tick, a `TIME` such as 50ms")
	}
	f.Var(&s.seed, "seed", prose.Either(s.live, "the seed of the election timeouts",
		"the seed; the same seed and commands give the same run"))
	if s.search.command != "" {
		s.nodes.value = 3
		f.Lookup("nodes").DefValue = "3"
		s.search.add(f)
		addCommon(f, s)
		return f
	}
	f.StringArrayVarP(&s.texts, "command", "c", nil, "run `TEXT`, commands as you would type them; may be repeated")
	f.StringArrayVarP(&s.first, "interactive", "i", nil, "run `FILE` first, then stay at the prompt")
	if !s.live {
		f.StringVar(&s.run, "judge", "", "open `RUN`, the log of a real run, as the history")
	}
	f.BoolVar(&s.resume, "resume", false, "resume the last session that was typed at the prompt")
	if !s.live {
		s.addGuests(f)
	}
	s.addWeb(f)
	f.BoolVar(&s.keepGoing, "keep-going", false, "continue a script after a command fails")
	addCommon(f, s)
	return f
}

// addReference adds the flags of raftlab guest.
func (s *settings) addReference(f *pflag.FlagSet) {
	f.StringArrayVar(&s.search.bugs, "bug", nil, "have the reference break the rule `NAME`; may be repeated")
	f.StringSliceVar(&s.judge.can, "can", nil, "have the reference say that it can take `snapshot`s")
}

// addGuests adds the flags of servers that run another program.
func (s *settings) addGuests(f *pflag.FlagSet) {
	f.StringVar(&s.guest.Command, "guest", "", "have the servers run the program that `COMMAND` starts;\n"+
		"docs/guest.md says how to write one")
	f.StringVar(&s.guest.Nodes, "guests", "", "run that program only on `NODES`, such as S2,S3")
	f.BoolVar(&s.guest.Trust, "trust", false, "let scripts start programs on this machine")
}

// addWeb adds the flag of the page.
func (s *settings) addWeb(f *pflag.FlagSet) {
	f.VarPF(&s.web, "web", "", "serve a page that follows the console, on this machine, or at\n`[ADDRESS]`: "+
		":8000 opens it to your network").NoOptDefVal = "true"
}

// addCommon adds the flags that every start of the program has.
func addCommon(f *pflag.FlagSet, s *settings) {
	f.BoolVar(&s.json, "json", false, "print one JSON object per command on standard output")
	f.Var(&s.color, "color", "auto obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR\nand a dumb terminal")
	f.BoolVar(&s.version, "version", false, "show the version")
	f.BoolVarP(&s.help, "help", "h", false, "show this help")
}

// parseFlags reads the command line; its error says what to do instead.
func parseFlags(args []string) (*settings, error) {
	args, stay := besideJudge(joinWeb(args))
	word, args := firstWord(args)
	s := settingsFor(word)
	f := newFlags(s)
	s.stay = stay
	err := f.ParseAll(args, once(f))
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		return nil, fmt.Errorf("%w%s", err, nearFlag(f, unknown))
	}
	if err != nil {
		return nil, err
	}
	if s.files = f.Args(); word == "web" {
		s.takeAddress()
	}
	s.takeHelp()
	if err := s.checkWord(f); err != nil && !s.help {
		return nil, err
	}
	if err := s.checkRun(f); err != nil {
		return nil, err
	}
	if f.Changed("guest") && strings.TrimSpace(s.guest.Command) == "" {
		return nil, errors.New("--guest takes the command that starts a server, as in --guest 'python3 my_raft.py'")
	}
	if err := s.checkEmpty(f); err != nil {
		return nil, err
	}
	if s.live && (s.tick < time.Millisecond || s.tick > time.Hour) {
		return nil, fmt.Errorf("--tick is a time from 1ms to 1h, not %v", s.tick)
	}
	if slices.Contains(s.first, "-") {
		return nil, errors.New("-i cannot read standard input, where the prompt reads; give a file")
	}
	return s, nil
}

// once sets a flag, and refuses one that takes one value and is given another: the last would win, and nothing
// would say so.
func once(f *pflag.FlagSet) func(*pflag.Flag, string) error {
	given := map[string]string{}
	return func(flag *pflag.Flag, value string) error {
		_, list := flag.Value.(pflag.SliceValue)
		_, page := flag.Value.(*webFlag)
		switch before, again := given[flag.Name]; {
		case list || !again:
		case page || flag.NoOptDefVal == "" || value != before: // a switch may be said twice
			return fmt.Errorf("--%s is given twice; it takes one value", flag.Name)
		}
		given[flag.Name] = value
		return f.Set(flag.Name, value)
	}
}

// checkEmpty refuses empty texts, which mostly are variables of the shell that are not set: left out in silence,
// they would have something else done than what was asked for.
func (s *settings) checkEmpty(f *pflag.FlagSet) (err error) {
	const unset = "; a variable of the shell may not be set"
	f.Visit(func(flag *pflag.Flag) {
		if flag.Value.Type() == "string" && strings.TrimSpace(flag.Value.String()) == "" {
			err = fmt.Errorf("--%s needs a value, and this one is empty%s", flag.Name, unset)
		}
	})
	switch runs := slices.Contains([]string{"", "web", "live", "help"}, s.word); { // an empty script cannot be read
	case err != nil:
		return err
	case !runs && slices.Contains(s.files, ""):
		return fmt.Errorf("a word after %s is empty%s", s.word, unset)
	case f.Changed("guests") && s.guest.Command == "":
		return errors.New("--guests says which servers run the program that --guest COMMAND names; give both")
	}
	return nil
}

// takeHelp turns `raftlab share --help` into `raftlab help share`.
func (s *settings) takeHelp() {
	if s.help && s.word == "" && len(s.files) == 1 && commands.IsCommand(s.files[0]) {
		s.help, s.word = false, "help"
	}
}

// besideJudge takes a -i without a file out of a command line with --judge: the run is
// what it would run.
func besideJudge(args []string) (rest []string, stay bool) {
	if !slices.ContainsFunc(args, func(a string) bool { return a == "--judge" || strings.HasPrefix(a, "--judge=") }) {
		return args, false
	}
	for i, a := range args {
		bare := i+1 == len(args) || len(args[i+1]) > 1 && args[i+1][0] == '-'
		if (a == "-i" || a == "--interactive") && bare {
			stay = true
			continue
		}
		rest = append(rest, a)
	}
	return rest, stay
}

// checkRun refuses what does not go with a run that is opened.
func (s *settings) checkRun(f *pflag.FlagSet) error {
	if s.word == "judge" && s.judge.open && len(s.files) == 1 {
		s.run, s.stay, s.word, s.files = s.files[0], true, "", nil
	}
	switch {
	case s.run == "":
		return nil
	case s.run == "-":
		return errors.New("--judge cannot read standard input, where the prompt reads; give a file")
	case s.guest.Command != "" || s.resume || f.Changed("nodes") || f.Changed("seed"):
		return errors.New("a run that is opened has its own servers; leave out --nodes, --seed, --guest and --resume")
	}
	return nil
}

func usage() string {
	return `raftlab: Raft, step by step

  raftlab                         start five servers and a prompt; type help there
  raftlab demo.raft more.raft     run script files, then exit (- is standard input)
  raftlab -c 'timeout S1; settle; status'
  raftlab -i demo.raft            run the file, then stay at the prompt
  raftlab --resume                resume your last session at the prompt
  echo status | raftlab           run the script on standard input
  raftlab live                    a cluster that runs by itself, in real time;
                                  --data DIR keeps its data in files, and
                                  --tick 50ms sets the length of a tick
  raftlab explore --bug vote-any timeouts 2 terms 1
  raftlab fuzz --nodes 5 --json seeds 1..100000 within 10m
                                  a search from the shell; see explore --help
  raftlab mark check.raft alice.raft bob.raft
                                  mark answers to an exercise; see mark --help
  raftlab guest new my_raft.py    start writing a server of your own; see guest --help
  raftlab --guest 'python3 my_raft.py'
                                  the console on servers that run it
  raftlab grade 'python3 my_raft.py'
                                  grade your own server; see grade --help
  raftlab viva 'python3 my_raft.py'
                                  questions about your own server; see viva --help
  raftlab judge run.jsonl         judge the log of a real run; see judge --help
  raftlab -i --judge run.jsonl    step through such a run at the prompt
  raftlab --web                   the console, and a page in a browser that follows it;
                                  --web :8000 opens the page to your network
  raftlab web build DIR           write the whole console as a static web site
  raftlab help [COMMAND|TOPIC]    this text, or what help COMMAND says at the prompt
  raftlab completion bash|zsh|fish
  raftlab version

If a script file has the same name as one of these words, write ./help for it.
-i runs first, then -c, then the files.

` + newFlags(&settings{}).FlagUsages() + `
Exit codes: 0 all went well; 1 a command or an expectation failed, or an invariant
was broken that the script did not expect; 2 the command line is wrong;
130 interrupted; 141 the output was closed; 143 terminated.
`
}

// liveUsage is the help of raftlab live.
func liveUsage() string {
	return `raftlab live [FLAGS] [FILES]

Starts a cluster that runs by itself, in real time, and gives you a prompt on it or
runs scripts.

  raftlab live --nodes 3
  raftlab live --data DIR --tick 50ms

` + newFlags(settingsFor("live")).FlagUsages()
}

// searchUsage is the help of a search from the shell.
func searchUsage(command string) string {
	return `raftlab ` + command + ` [FLAGS] [WORDS]

Searches a new cluster, from the shell. WORDS are the words that follow
` + command + ` at the prompt (help ` + command + ` there):

  raftlab explore --bug vote-any timeouts 2 crashes 0 terms 1
  raftlab explore 'for len(leaders) == 2' terms 2
  raftlab fuzz --bug count-old-term within 30s --save found.raft
  raftlab fuzz --nodes 5 --set snapshot-every=3 --json seeds 1..100000

` + newFlags(settingsFor(command)).FlagUsages() + `
Exit codes: 0 nothing was found (the search was complete, or reached its
bound); 1 a breach was found, or what you looked for; 2 the command line is
wrong; 130 interrupted before anything was found.
`
}

func versionText() string {
	version := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	return fmt.Sprintf("raftlab %s, %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// webUsage is the help of raftlab web.
func webUsage() string {
	return `raftlab web [ADDRESS] [FLAGS] [FILES]

The console as always, and a page in a browser that shows what it does: the
same as raftlab --web. Without an ADDRESS only this machine reaches the page.

  raftlab web
  raftlab web :8000               everyone on your network can open it
  raftlab web 127.0.0.1:8000 -i demo.raft
  raftlab web build DIR           write a static site with the whole console in it

At the prompt, web says the address again, web present prints a link with which
you can type on the page, and web off ends it.

` + newFlags(settingsFor("web")).FlagUsages()
}
