package fleet

// mentions is a list of names that the file gives, each with its place. Whether anybody
// has such a name is seen when all names are known.
type mentions struct {
	names []string // each once
	at    []place  // of each
}

// dependsOn reads whom a target or group cannot work without. A list that many inherit is
// read once and shared; nobody changes it.
func (r *reader) dependsOn(e entry) mentions {
	if e.value.scalar() && e.value.text == "none" {
		return mentions{}
	}
	if known, ok := r.lists[e.value]; ok {
		return known
	}
	m := r.mentions(e, "a list of names of targets or groups, such as [edge], or none", "the name of a target or group")
	if r.lists == nil {
		r.lists = map[*node]mentions{}
	}
	r.lists[e.value] = m
	return m
}

// mentions reads a list of names: want says what of, and each what one of them is.
func (r *reader) mentions(e entry, want, each string) mentions {
	if e.value.kind != list {
		if name := e.value.text; e.value.scalar() && !nameFlaw(name).found() {
			r.problem(e.at(), e.key+" "+spelled(e.value)+" is no list", "write ["+name+"]")
		} else {
			r.wrongKind(e, want)
		}
		return mentions{}
	}
	var m mentions
	seen := make(map[string]bool, len(e.value.items))
	for _, i := range e.value.items {
		one := entry{"name", i.at, i.value}
		name, ok := r.textOf(one, each)
		switch {
		case !ok:
		case seen[name]:
			r.problem(one.at(), e.key+" names "+quote(name)+" twice", "remove one")
		default:
			seen[name] = true
			m.names = append(m.names, name)
			m.at = append(m.at, one.at())
		}
	}
	return m
}

// stranger reports a name that no target or group has.
func (r *reader) stranger(key, name string, at place) {
	r.problem(at, key+" names "+quote(name)+", which is no target or group", r.instead(name, r.known, "write the name of one, or remove it"))
}
