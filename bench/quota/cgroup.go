package quota

import (
	"fmt"

	"rollcall/internal/awslocal"
)

// cgroup is the kernel's own quota, in a control group of the version.
type cgroup struct{ version int }

func (c cgroup) Name() string {
	return fmt.Sprintf("cgroup v%d CPU quota, period %s", c.version, Period)
}

// newCgroup tries it.
func newCgroup() (Mechanism, error) {
	g, err := awslocal.NewGroup(awslocal.Limits{Share: Whole})
	if err != nil {
		return nil, err
	}
	return cgroup{g.Version()}, g.Remove()
}

// prepare makes a group of its own for each process, so that nothing is owed from the last.
func (c cgroup) prepare(share float64) (place, error) {
	g, err := awslocal.NewGroup(awslocal.Limits{Share: share})
	if err != nil {
		return place{}, err
	}
	return place{procs: g.Members()[0], leave: g.Remove}, nil
}
