package awslocal

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Values evaluates what a [Template] says, by CloudFormation's rules, with parameters.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
type Values struct {
	template *Template
	given    map[string]string
	stack    string // its name; empty: stack
	// attribute is an attribute of a resource, Ref the empty one; nil: a resource that is
	// not made is ${ID}, and its attribute ${ID.Name}.
	attribute func(id, name string) (string, error)
}

// absent is AWS::NoValue: what has it is left out.
type absent struct{}

// pseudo are the parameters that CloudFormation itself gives, alike to all stacks.
var pseudo = map[string]string{
	"AWS::Region":    Region,
	"AWS::AccountId": Account,
	"AWS::Partition": "aws",
	"AWS::URLSuffix": "amazonaws.com",
}

// Of evaluates a value of the template: numbers stay numbers, what CloudFormation makes is
// text. It is nil for AWS::NoValue.
func (v *Values) Of(x any) (any, error) {
	value, err := v.value(x)
	if _, none := value.(absent); none {
		return nil, err
	}
	return value, err
}

func (v *Values) value(x any) (any, error) {
	switch x := x.(type) {
	case []any:
		all := []any{}
		for _, one := range x {
			value, err := v.value(one)
			if err != nil {
				return nil, err
			}
			if _, none := value.(absent); !none {
				all = append(all, value)
			}
		}
		return all, nil
	case map[string]any:
		if name, arg := intrinsic(x); name != "" {
			value, err := v.call(name, arg)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			return value, nil
		}
		all := map[string]any{}
		for key, one := range x {
			value, err := v.value(one)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			if _, none := value.(absent); !none {
				all[key] = value
			}
		}
		return all, nil
	}
	return x, nil
}

// intrinsic takes a function of CloudFormation apart; no name: it is none.
func intrinsic(m map[string]any) (name string, arg any) {
	if len(m) != 1 {
		return "", nil
	}
	for name, arg := range m {
		if name == "Ref" || strings.HasPrefix(name, "Fn::") {
			return name, arg
		}
	}
	return "", nil
}

func (v *Values) call(name string, arg any) (any, error) {
	switch name {
	case "Ref":
		return v.ref(arg)
	case "Fn::GetAtt":
		return v.getAtt(arg)
	case "Fn::Sub":
		return v.sub(arg)
	case "Fn::If":
		return v.choose(arg)
	case "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not":
		return v.holds(map[string]any{name: arg})
	}
	args, err := v.value(arg)
	if err != nil {
		return nil, err
	}
	list, _ := args.([]any)
	switch {
	case name == "Fn::FindInMap" && len(list) == 3:
		return v.find(list)
	case name == "Fn::Join" && len(list) == 2:
		return join(list)
	case name == "Fn::Split" && len(list) == 2:
		by, is := text(list[0])
		whole, isToo := text(list[1])
		if !is || !isToo || by == "" {
			return nil, fmt.Errorf("%v, want a delimiter and a text", list)
		}
		parts := []any{}
		for part := range strings.SplitSeq(whole, by) {
			parts = append(parts, part)
		}
		return parts, nil
	case name == "Fn::Select" && len(list) == 2:
		i, is := number(list[0])
		from, isToo := list[1].([]any)
		if !is || !isToo || int(i) < 0 || int(i) >= len(from) {
			return nil, fmt.Errorf("%v of %v, want an index and its list", list[0], list[1])
		}
		return from[int(i)], nil
	}
	return nil, fmt.Errorf("%v: not a function, or not the arguments, that are known here", arg)
}

// ref is a parameter or a resource.
func (v *Values) ref(arg any) (any, error) {
	name, _ := arg.(string)
	switch name {
	case "AWS::NoValue":
		return absent{}, nil
	case "AWS::StackName":
		return cmp.Or(v.stack, "stack"), nil
	}
	if value, is := pseudo[name]; is {
		return value, nil
	}
	if value, is := v.given[name]; is {
		if !v.template.Parameters[name].lists() {
			return value, nil
		}
		parts := []any{}
		for _, part := range split(value) {
			parts = append(parts, part)
		}
		return parts, nil
	}
	return v.of(name, "")
}

// of is an attribute of a resource.
func (v *Values) of(id, name string) (any, error) {
	r, is := v.template.Resources[id]
	if !is {
		return nil, fmt.Errorf("no parameter and no resource %q", id)
	}
	if holds, err := v.Holds(r.Condition); err != nil || !holds { // as CloudFormation refuses it
		return nil, errors.Join(err, fmt.Errorf("resource %s is not made with these parameters", id))
	}
	if v.attribute != nil {
		return v.attribute(id, name)
	}
	return "${" + strings.TrimSuffix(id+"."+name, ".") + "}", nil
}

// getAtt has its arguments in a list or with a dot.
func (v *Values) getAtt(arg any) (any, error) {
	id, name, _ := strings.Cut(fmt.Sprint(arg), ".")
	if list, is := arg.([]any); is && len(list) == 2 {
		id, name = fmt.Sprint(list[0]), fmt.Sprint(list[1])
	}
	return v.of(id, name)
}

var inSub = regexp.MustCompile(`\$\{(!?)([^{}]*)\}`)

// sub fills in what stands in ${}: names of its own, parameters, resources, attributes.
func (v *Values) sub(arg any) (any, error) {
	own := map[string]any{}
	if list, is := arg.([]any); is && len(list) == 2 {
		said, err := v.value(list[1])
		if err != nil {
			return nil, err
		}
		own, _ = said.(map[string]any)
		arg = list[0]
	}
	pattern, is := arg.(string)
	if !is {
		return nil, fmt.Errorf("%v, want a text, or a text and values", arg)
	}
	var problems error
	filled := inSub.ReplaceAllStringFunc(pattern, func(found string) string {
		parts := inSub.FindStringSubmatch(found)
		if parts[1] == "!" {
			return "${" + parts[2] + "}"
		}
		value, is := own[parts[2]]
		var err error
		if !is && strings.Contains(parts[2], ".") {
			value, err = v.getAtt(parts[2])
		} else if !is {
			value, err = v.ref(parts[2])
		}
		said, isText := text(value)
		if err == nil && !isText {
			err = fmt.Errorf("%s is no text", found)
		}
		problems = errors.Join(problems, err)
		return said
	})
	return filled, problems
}

// find is Fn::FindInMap.
func (v *Values) find(keys []any) (any, error) {
	var names [3]string
	for i, key := range keys {
		names[i], _ = text(key)
	}
	value, is := v.template.Mappings[names[0]][names[1]][names[2]]
	if !is {
		return nil, fmt.Errorf("mapping %s has nothing under %s, %s", names[0], names[1], names[2])
	}
	return value, nil
}

func join(list []any) (any, error) {
	by, is := text(list[0])
	parts, isToo := list[1].([]any)
	if !is || !isToo {
		return nil, fmt.Errorf("%v, want a delimiter and a list", list)
	}
	said := make([]string, len(parts))
	for i, part := range parts {
		if said[i], is = text(part); !is {
			return nil, fmt.Errorf("%s is no text", strconv.Quote(fmt.Sprint(part)))
		}
	}
	return strings.Join(said, by), nil
}
