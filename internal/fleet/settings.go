package fleet

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/check"
	"rollcall/internal/secret"
)

// filler fills the settings of a kind from its block.
type filler struct {
	*reader
	failed [][]string // paths of what could not be read
}

// fill gives settings, which are a pointer to a struct, the values of their block, which
// may be nothing. It returns the paths of what was wrong, from the target's mapping.
func (r *reader) fill(settings any, block entry) [][]string {
	if block.value == nil {
		return nil
	}
	f := &filler{reader: r}
	f.value(reflect.ValueOf(settings).Elem(), block, []string{block.key})
	return f.failed
}

func (f *filler) fail(path []string) { f.failed = append(f.failed, append([]string(nil), path...)) }

// wrong reports that e is not what is wanted.
func (f *filler) wrong(e entry, path []string, want string) {
	f.wrongKind(e, want)
	f.fail(path)
}

var (
	fileValue    = reflect.TypeFor[check.FileValue]()
	secretText   = reflect.TypeFor[secret.Text]()
	durationType = reflect.TypeFor[time.Duration]()
)

// value fills v from e.
func (f *filler) value(v reflect.Value, e entry, path []string) {
	if f.meter.spend(1) {
		f.problem(e.at(), tooMany, tooManyRemedy)
	}
	if f.meter.over() || e.value.kind == broken {
		f.fail(path)
		return
	}
	t := v.Type()
	switch {
	case reflect.PointerTo(t).Implements(fileValue):
		f.fromFile(v.Addr().Interface().(check.FileValue), e, path)
	case t == secretText:
		f.text(v, e, path)
	case t == durationType:
		f.checked(path, func() {
			f.duration(e, v.Addr().Interface().(*time.Duration), bounds{least: time.Millisecond, most: 24 * time.Hour})
		})
	case t.Kind() == reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(t.Elem()))
		}
		f.value(v.Elem(), e, path)
	case t.Kind() == reflect.Struct:
		f.fields(v, e, path)
	case t.Kind() == reflect.Map:
		f.entries(v, e, path)
	case t.Kind() == reflect.Slice:
		f.items(v, e, path)
	default:
		f.scalar(v, e, path)
	}
}

// checked runs a reader that reports problems itself, and notes whether it did.
func (f *filler) checked(path []string, read func()) {
	before := f.problems.reports
	read()
	if f.problems.reports > before {
		f.fail(path)
	}
}

// scalar fills a bool, an int or a string.
func (f *filler) scalar(v reflect.Value, e entry, path []string) {
	switch to := v.Addr().Interface().(type) {
	case *bool:
		f.checked(path, func() { f.readBool(e, to) })
	case *int:
		if n, ok := f.whole(e, "a whole number"); ok {
			*to = int(n)
		} else {
			f.fail(path)
		}
	case *string:
		if s, ok := f.textOf(e, "text"); ok {
			*to = s
		} else {
			f.fail(path)
		}
	default:
		panic(fmt.Sprintf("fleet: settings of type %s have no form in the targets file", v.Type()))
	}
}

func (f *filler) text(v reflect.Value, e entry, path []string) {
	if !e.value.scalar() {
		f.wrong(e, path, "text")
		return
	}
	f.checked(path, func() { v.Set(reflect.ValueOf(f.resolve(e.value))) })
}

// fromFile fills a value that reads itself.
func (f *filler) fromFile(v check.FileValue, e entry, path []string) {
	var value any
	f.checked(path, func() { value = f.plain(e.value) })
	for _, p := range v.FromFile(value) {
		f.located(e.value, e.at(), p)
		f.fail(append(path, p.Path...))
	}
}

// fields fills a struct by the yaml tags of its fields.
func (f *filler) fields(v reflect.Value, e entry, path []string) {
	fields, known := settingsOf(v)
	if e.value.kind != mapping {
		f.wrong(e, path, "a mapping of "+strings.Join(known, ", "))
		return
	}
	for _, s := range e.value.entries {
		if field, ok := fields[s.key]; ok {
			f.value(field, s, append(path, s.key))
		} else {
			f.unknownKey(s, known)
			f.fail(append(path, s.key))
		}
	}
}

// settingsOf are the fields of a struct by their keys, and the keys in their order. Those
// of an embedded struct are its own.
func settingsOf(v reflect.Value) (map[string]reflect.Value, []string) {
	fields := map[string]reflect.Value{}
	var keys []string
	for i := range v.NumField() {
		field := v.Type().Field(i)
		key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case field.Anonymous && key == "":
			inner, more := settingsOf(v.Field(i))
			for _, k := range more {
				fields[k] = inner[k]
			}
			keys = append(keys, more...)
		case field.IsExported() && key != "" && key != "-":
			fields[key] = v.Field(i)
			keys = append(keys, key)
		}
	}
	return fields, keys
}

// entries fills a map of text keys.
func (f *filler) entries(v reflect.Value, e entry, path []string) {
	if e.value.kind != mapping {
		f.wrong(e, path, "a mapping")
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for _, s := range e.value.entries {
		one := reflect.New(v.Type().Elem()).Elem()
		f.value(one, s, append(path, s.key))
		v.SetMapIndex(reflect.ValueOf(s.key).Convert(v.Type().Key()), one)
	}
}

// items fills a list.
func (f *filler) items(v reflect.Value, e entry, path []string) {
	if e.value.kind != list {
		f.wrong(e, path, "a list")
		return
	}
	all := reflect.MakeSlice(v.Type(), len(e.value.items), len(e.value.items))
	for i, one := range e.value.items {
		f.value(all.Index(i), entry{fmt.Sprintf("item %d of %s", i+1, e.key), one.at, one.value}, append(path, strconv.Itoa(i)))
	}
	v.Set(all)
}

// plain is a value as [check.FileValue] takes it.
func (f *filler) plain(n *node) any {
	if f.meter.spend(1) {
		f.problem(n.at, tooMany, tooManyRemedy)
	}
	if f.meter.over() {
		return nil
	}
	switch n.kind {
	case boolean:
		return strings.EqualFold(n.text, "true")
	case integer:
		i, _ := strconv.ParseInt(n.text, 10, 64) // resolve saw that it fits
		return i
	case float:
		number, _ := strconv.ParseFloat(n.text, 64) // as above
		return number
	case words:
		return f.resolve(n)
	case list:
		items := make([]any, len(n.items))
		for i := range n.items {
			items[i] = f.plain(n.items[i].value)
		}
		return items
	case mapping:
		entries := make(map[string]any, len(n.entries))
		for _, e := range n.entries {
			entries[e.key] = f.plain(e.value)
		}
		return entries
	default:
		return nil
	}
}

// resolve is a scalar as text, its references resolved. Where one cannot be, which is a
// problem at its own place, and where none is to be, the references stand for themselves.
func (r *reader) resolve(n *node) secret.Text {
	if !strings.Contains(n.text, "${") {
		return secret.Plain(n.text)
	}
	refs, err := secret.References(n.text)
	var syntax *secret.SyntaxError
	if errors.As(err, &syntax) {
		r.problem(r.referenceAt(n, syntax.Offset), syntax.What, syntax.Remedy)
	}
	values := map[string]string{}
	for _, ref := range refs {
		at := r.referenceAt(n, ref.Offset)
		r.found[at] = ref
		value := ref.String()
		if r.look != nil {
			if v, err := r.look(ref); err == nil {
				value = v
				r.secrets[ref.String()] = v
			} else {
				r.problem(at, err.Error(), "set it, or write the value itself if it is no secret")
			}
		}
		values[ref.String()] = value
	}
	if err != nil {
		return secret.Plain(n.text)
	}
	t, _ := secret.Resolve(n.text, func(ref secret.Reference) (string, error) { return values[ref.String()], nil }) // nothing is left to go wrong
	r.resolved = append(r.resolved, t)
	return t
}

// referenceAt is where the "${" at an offset of a value stands in the file: as many "${"
// after the value's beginning as there are before it in the value. An escape that stands
// for one of its characters hides it; then the value's own place has to do.
func (r *reader) referenceAt(n *node, offset int) place {
	if n.at.line == 0 {
		return n.at
	}
	at := r.text.offset(n.at)
	for range strings.Count(n.text[:offset], "${") + 1 {
		i := strings.Index(r.text.data[at:], "${")
		if i < 0 {
			return n.at
		}
		at += i + 2
	}
	return r.text.place(at - 2)
}
