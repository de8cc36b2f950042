package notify

import "rollcall/internal/health"

// faults are the checker's own incidents, each in its own words.
var faults = map[string]fault{
	health.FaultConfig: {
		name:   "targets file",
		open:   "rollcall: the targets file cannot be used",
		so:     "Targets are still asked, as the last good copy of the file says. What was changed since is not in force.",
		closed: "rollcall: the targets file is good again",
	},
	health.FaultClock: {
		name:   "clock",
		open:   "rollcall: its memory is from the future",
		so:     "What it remembers is kept. Only times that are yet to come are not believed: they count as now.",
		closed: "rollcall: its memory and its clock agree again",
	},
	health.FaultHistory: {
		name:   "memory",
		open:   "rollcall: its memory is gone",
		so:     "It started again from nothing. What was open before may be told once more.",
		closed: "rollcall: it remembers again",
	},
	health.FaultDelivery: {
		name:   "delivery",
		open:   "rollcall: a message was refused",
		so:     "Some news did not reach you. The log of the function that checks has it, as result lines.",
		closed: "rollcall: no refused message is waiting any more",
	},
	health.FaultBudget: {
		name:   "time",
		open:   "rollcall: the fleet does not fit into the time of a round",
		so:     "Targets that were not reached are unknown, count neither as up nor as down, and go first in the next round.",
		closed: "rollcall: the fleet fits into the time of a round again",
	},
	health.FaultBlind: {
		name:   "sight",
		open:   "rollcall cannot see",
		so:     "What it cannot see is unknown: counted neither up nor down, and nothing is told of it until sight is back.",
		closed: "rollcall can see again",
	},
}

// fault is what is said of one kind of trouble of our own.
type fault struct {
	name   string // where every character counts
	open   string // while it lasts
	so     string // what it means for whoever reads
	closed string // once it is over
}

func faultOf(i *health.Incident) fault {
	if f, known := faults[i.Subject.Name]; known {
		return f
	}
	name := clean(i.Subject.Name, nameMost)
	return fault{name: name, open: "rollcall: trouble with its own " + name, closed: "rollcall: no more trouble with its own " + name}
}

func ofChecker(i *health.Incident) bool { return i.Subject.Kind == health.OfChecker }

// blind reports whether i is that we cannot see. Then what is not told is unknown, and not
// well: it stands among the first things to say.
func blind(i *health.Incident) bool {
	return ofChecker(i) && i.Subject.Name == health.FaultBlind
}
