package awslocal

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Template is what CloudFormation makes of a SAM template.
type Template struct {
	Parameters map[string]Parameter
	Mappings   map[string]map[string]map[string]any
	Conditions map[string]any
	Resources  map[string]Resource
	Outputs    map[string]Output
}

// Parameter is what a deployment may say.
type Parameter struct {
	Type, Description, AllowedPattern, ConstraintDescription string

	Default, MinValue, MaxValue any
	AllowedValues               []any
}

// Resource is one thing that a deployment makes, where its condition holds.
type Resource struct {
	Type, Condition, DeletionPolicy, UpdateReplacePolicy string

	DependsOn            any
	Metadata, Properties map[string]any
}

// Output is what a deployment tells, where its condition holds.
type Output struct {
	Description, Condition string
	Value                  any
}

// ReadTemplate is the SAM template at path, transformed; see [Transform].
func ReadTemplate(t testing.TB, path string) *Template {
	t.Helper()
	return parseTemplate(t, Transform(t, path))
}

func parseTemplate(t testing.TB, text []byte) *Template {
	t.Helper()
	p := &Template{}
	if err := json.Unmarshal(text, p); err != nil {
		t.Fatal(err)
	}
	return p
}

// With is the template with parameters; those not given have their defaults. It fails, as a
// deployment would, on an unknown parameter, and on a value that is missing or not allowed.
func (p *Template) With(given map[string]string) (*Values, error) {
	v := &Values{template: p, given: map[string]string{}}
	for name := range given {
		if _, is := p.Parameters[name]; !is {
			return nil, fmt.Errorf("no parameter %s, want one of %s", name, strings.Join(slices.Sorted(maps.Keys(p.Parameters)), ", "))
		}
	}
	for name, parameter := range p.Parameters {
		value, is := given[name]
		if !is && parameter.Default == nil {
			return nil, fmt.Errorf("parameter %s: no value", name)
		}
		if !is {
			value, _ = text(parameter.Default)
		}
		if err := parameter.allows(value); err != nil {
			return nil, fmt.Errorf("parameter %s: %w", name, err)
		}
		v.given[name] = value
	}
	return v, nil
}

// lists reports whether the values of a parameter are lists.
func (p Parameter) lists() bool {
	return p.Type == "CommaDelimitedList" || strings.HasPrefix(p.Type, "List<")
}

// allows checks a value; of a list its parts.
func (p Parameter) allows(value string) error {
	values := []string{value}
	if p.lists() {
		values = split(value)
	}
	pattern, err := regexp.Compile("^(?:" + p.AllowedPattern + ")$")
	if err != nil {
		return err
	}
	for _, one := range values {
		if p.AllowedPattern != "" && !pattern.MatchString(one) {
			return fmt.Errorf("%q, want it to match %s", one, p.AllowedPattern)
		}
		if len(p.AllowedValues) > 0 && !slices.ContainsFunc(p.AllowedValues, func(v any) bool { return textIs(v, one) }) {
			return fmt.Errorf("%q, want one of %v", one, p.AllowedValues)
		}
		if err := p.bounds(one); err != nil {
			return err
		}
	}
	return nil
}

// bounds checks a number.
func (p Parameter) bounds(value string) error {
	if p.Type != "Number" {
		return nil
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return fmt.Errorf("%q, want a number", value)
	}
	if least, is := number(p.MinValue); is && n < least {
		return fmt.Errorf("%s, want at least %v", value, least)
	}
	if most, is := number(p.MaxValue); is && n > most {
		return fmt.Errorf("%s, want at most %v", value, most)
	}
	return nil
}

// split are the parts of a list as a parameter gives it; of an empty one it is an empty text.
func split(value string) []string {
	parts := strings.Split(value, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// text is a value as CloudFormation writes it: to it, numbers and booleans are text.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

func textIs(v any, want string) bool {
	got, is := text(v)
	return is && got == want
}

func number(v any) (float64, bool) {
	said, is := text(v)
	n, err := strconv.ParseFloat(said, 64)
	return n, is && err == nil
}
