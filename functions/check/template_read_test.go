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

// template is what CloudFormation makes of template.yaml, its functions not yet worked out.
type template struct{ *awslocal.Template }

type resource = awslocal.Resource

func readTemplate(t *testing.T) template {
	t.Helper()
	return template{awslocal.ReadTemplate(t, "../../template.yaml")}
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

// mails is where the mails of a topic go; empty: nowhere.
func (s stack) mails(t *testing.T, subscription, topic string) string {
	t.Helper()
	made, has := s.Resources[subscription]
	if !has {
		return ""
	}
	same(t, subscription+" is to", text(made.Properties["TopicArn"])+" by "+text(made.Properties["Protocol"]), topic+" by email")
	return text(made.Properties["Endpoint"])
}

// text writes a value as !Sub would: ${Name}, ${Resource.Attribute}; the values of a list
// one after the other.
func text(v any) string {
	if m, _ := v.(map[string]any); len(m) == 1 {
		switch said, _ := m["Fn::Sub"].(string); {
		case m["Ref"] != nil:
			return "${" + text(m["Ref"]) + "}"
		case m["Fn::GetAtt"] != nil:
			return "${" + strings.ReplaceAll(text(m["Fn::GetAtt"]), " ", ".") + "}"
		case said != "":
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
		} else if who := at(s, "Principal", "AWS"); who != nil {
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
