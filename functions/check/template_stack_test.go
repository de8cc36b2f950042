package main

import (
	"strings"
	"testing"

	"rollcall/internal/awslocal"
)

// stack is what CloudFormation makes of the template with some parameters: the resources and
// outputs whose conditions hold, with every function worked out. What only a deployment knows
// stands as !Sub would write it: ${Bucket}, ${Bucket.Arn}.
type stack struct {
	template
	given map[string]string // every parameter
}

// with makes the stack of these parameters, the others at their defaults. What CloudFormation
// would refuse fails the test: a value that a parameter does not allow, and a reference to a
// resource that is not made.
func (tmpl template) with(t *testing.T, given map[string]string) stack {
	t.Helper()
	values, err := tmpl.With(given)
	if err != nil {
		t.Fatal(err)
	}
	of := func(what string, v any) any {
		t.Helper()
		v, err := values.Of(v)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return v
	}
	made := func(condition string) bool {
		t.Helper()
		holds, err := values.Holds(condition)
		if err != nil {
			t.Fatal(err)
		}
		return holds
	}
	s := stack{template: template{&awslocal.Template{
		Parameters: tmpl.Parameters, Mappings: tmpl.Mappings, Resources: map[string]resource{}, Outputs: map[string]awslocal.Output{},
	}}, given: map[string]string{}}
	for name := range tmpl.Parameters {
		s.given[name] = strings.ReplaceAll(text(of(name, map[string]any{"Ref": name})), " ", ",")
	}
	for id, r := range tmpl.Resources {
		if made(r.Condition) {
			r.Properties, _ = of(id, r.Properties).(map[string]any)
			s.Resources[id] = r
		}
	}
	for name, o := range tmpl.Outputs {
		if made(o.Condition) {
			o.Value = of(name, o.Value)
			s.Outputs[name] = o
		}
	}
	return s
}

// words are the texts of a list.
func words(v any) (all []string) {
	for _, one := range list(v) {
		all = append(all, text(one))
	}
	return all
}
