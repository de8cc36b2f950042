package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rollcall/internal/awslocal"
)

// template is what CloudFormation makes of template.yaml.
type template struct {
	Parameters map[string]struct {
		Description, AllowedPattern string
		Default, MaxValue           any
		AllowedValues               []any
	}
	Conditions map[string]any
	Resources  map[string]resource
	Outputs    map[string]struct {
		Description string
		Value       any
	}
}

type resource struct {
	Type, Condition, DeletionPolicy, UpdateReplacePolicy string

	DependsOn            any
	Metadata, Properties map[string]any
}

func readTemplate(t *testing.T) template {
	t.Helper()
	var tmpl template
	if err := json.Unmarshal(awslocal.Transform(t, "../../template.yaml"), &tmpl); err != nil {
		t.Fatal(err)
	}
	return tmpl
}

// one is the resource of a logical id.
func (tmpl template) one(t *testing.T, id string) resource {
	t.Helper()
	r, has := tmpl.Resources[id]
	if !has {
		t.Fatalf("no resource %s, only %v", id, slices.Sorted(maps.Keys(tmpl.Resources)))
	}
	return r
}

// withPrefix are the ids of the resources whose type begins so.
func (tmpl template) withPrefix(types ...string) []string {
	var ids []string
	for id, r := range tmpl.Resources {
		if slices.ContainsFunc(types, func(p string) bool { return strings.HasPrefix(r.Type, p) }) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// mails is where the mails of a topic go with the parameters given; empty: nowhere.
func (tmpl template) mails(t *testing.T, subscription, topic string, given map[string]any) string {
	t.Helper()
	s := tmpl.one(t, subscription)
	same(t, subscription+" is to", text(s.Properties["TopicArn"])+" by "+text(s.Properties["Protocol"]), topic+" by email")
	if !tmpl.holds(t, map[string]any{"Condition": s.Condition}, given) {
		return ""
	}
	return tmpl.evaluate(t, s.Properties["Endpoint"], given).(string)
}

// evaluate is a value with the parameters given.
func (tmpl template) evaluate(t *testing.T, v any, given map[string]any) any {
	t.Helper()
	name, args := function(v)
	switch name {
	case "":
		return v
	case "Ref":
		return given[args[0].(string)]
	case "Fn::If":
		if tmpl.holds(t, map[string]any{"Condition": args[0]}, given) {
			return tmpl.evaluate(t, args[1], given)
		}
		return tmpl.evaluate(t, args[2], given)
	}
	t.Fatalf("%v in a condition: the test does not know it", v)
	return nil
}

// holds reports whether a condition holds with the parameters given.
func (tmpl template) holds(t *testing.T, condition any, given map[string]any) bool {
	t.Helper()
	yes := func(c any) bool { return tmpl.holds(t, c, given) }
	switch name, args := function(condition); name {
	case "Condition":
		return yes(tmpl.Conditions[args[0].(string)])
	case "Fn::Equals":
		return tmpl.evaluate(t, args[0], given) == tmpl.evaluate(t, args[1], given)
	case "Fn::Not":
		return !yes(args[0])
	case "Fn::Or":
		return slices.ContainsFunc(args, yes)
	}
	t.Fatalf("%v is a condition that the test does not know", condition)
	return false
}

// function takes a CloudFormation function apart; no name means that v is none.
func function(v any) (name string, args []any) {
	m, _ := v.(map[string]any)
	if len(m) != 1 {
		return "", nil
	}
	for name, arg := range m {
		if list, is := arg.([]any); is {
			return name, list
		}
		return name, []any{arg}
	}
	return "", nil
}

// text writes a value as !Sub would: ${Name}, ${Resource.Attribute}; the values of a list
// one after the other.
func text(v any) string {
	switch name, args := function(v); name {
	case "Ref":
		return "${" + args[0].(string) + "}"
	case "Fn::GetAtt":
		return "${" + args[0].(string) + "." + args[1].(string) + "}"
	case "Fn::Sub":
		if said, is := args[0].(string); is && len(args) == 1 {
			return said
		}
	}
	if list, is := v.([]any); is {
		said := make([]string, len(list))
		for i, one := range list {
			said[i] = text(one)
		}
		return strings.Join(said, " ")
	}
	return fmt.Sprint(v)
}

// at walks down maps by their keys and lists by their indexes; nil where there is nothing.
func at(v any, path ...string) any {
	for _, step := range path {
		switch in := v.(type) {
		case map[string]any:
			v = in[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

func list(v any) []any {
	if l, is := v.([]any); is {
		return l
	}
	return []any{v}
}

// grants are all statements of a role's policies; a managed policy grants what is not here
// to be seen, and stands for itself.
func grants(role resource) []string {
	var all []string
	for _, policy := range list(role.Properties["Policies"]) {
		all = append(all, statements(at(policy, "PolicyDocument"))...)
	}
	if managed := role.Properties["ManagedPolicyArns"]; managed != nil {
		all = append(all, "managed "+text(managed))
	}
	slices.Sort(all)
	return all
}

// statements are a policy, a line for each action on each resource.
func statements(policy any) []string {
	var lines []string
	for _, s := range list(at(policy, "Statement")) {
		var rest string
		if who := at(s, "Principal", "Service"); who != nil {
			rest = " to " + text(who)
		} else if who := at(s, "Principal"); who != nil {
			rest = " to " + text(who)
		}
		conditions, _ := at(s, "Condition").(map[string]any)
		for _, operator := range slices.Sorted(maps.Keys(conditions)) {
			all := conditions[operator].(map[string]any)
			for _, key := range slices.Sorted(maps.Keys(all)) {
				rest += " if " + operator + " " + key + " " + text(all[key])
			}
		}
		for _, key := range []string{"NotAction", "NotResource", "NotPrincipal"} {
			if odd := at(s, key); odd != nil {
				rest += " with " + key + " " + text(odd)
			}
		}
		for _, action := range list(at(s, "Action")) {
			for _, on := range list(at(s, "Resource")) {
				line := text(at(s, "Effect")) + " " + text(action)
				if on != nil {
					line += " on " + text(on)
				}
				lines = append(lines, line+rest)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// same reports a difference between what is there and what was promised.
func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", what, show(got), show(want))
	}
}

func show(v any) string {
	data, err := json.MarshalIndent(v, "     ", "  ")
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}
