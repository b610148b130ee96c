package ask

// What tests of this room look at from outside.
var (
	CannotWin      = cannotWin
	Deliveries     = deliveries
	FewestToWin    = fewestToWin
	LacksForGood   = lacksForGood
	LaneViews      = laneViews
	LeavesRaft     = leavesRaft
	LossOf         = lossOf
	MostDeliveries = mostDeliveries
	NothingFalls   = nothingFalls
	Possibilities  = possibilities
	Shielded       = shielded
	SituationOf    = situationOf
	StaysBehind    = staysBehind
	WinOf          = winOf
)
