package sweep

// What is kept back from asking.
const (
	ownFiles  = 64        // descriptors: the log, the folder store, connections to AWS
	lookups   = 100       // descriptors: 50 look-ups at once, each over UDP and then TCP
	ownMemory = 96 << 20  // bytes: the program, its state, connections to AWS
	besides   = 128 << 10 // bytes an attempt takes besides the body: stacks, TLS, headers
	ceiling   = 10_000    // workers
)

// Limits are what the machine and the person who runs it allow. A zero is unknown and
// limits nothing.
type Limits struct {
	Files   int   // open files allowed (RLIMIT_NOFILE); 1,024 in Lambda
	Sockets int   // the most that one attempt has open at once; less than 1 counts as 1
	Memory  int64 // bytes
	Body    int64 // the most bytes of an answer that one attempt keeps
	Workers int   // a person's own limit
}

// MaxWorkers is how many targets may be asked at once, at least 1. Running out of
// descriptors would read as DNS errors of targets that are well; running out of memory
// would end the round.
//
// It is never more than 10,000, whatever is known or not: beyond that the local ports run
// out (28,232 by default on Linux, and a closed one rests for a minute).
func (l Limits) MaxWorkers() int {
	most := int64(ceiling)
	if l.Files > 0 {
		most = min(most, int64(l.Files-ownFiles-lookups)/int64(max(1, l.Sockets)))
	}
	if l.Memory > 0 {
		most = min(most, (l.Memory-ownMemory)/(max(0, l.Body)+besides))
	}
	if l.Workers > 0 {
		most = min(most, int64(l.Workers))
	}
	return int(max(1, most))
}

// Uses is what a sweep takes at most with so many workers: open files and bytes of memory,
// what is kept back from asking included.
func (l Limits) Uses(workers int) (files int, memory int64) {
	return ownFiles + lookups + workers*max(1, l.Sockets), ownMemory + int64(workers)*(max(0, l.Body)+besides)
}
