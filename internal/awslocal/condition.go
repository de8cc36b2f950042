package awslocal

import "fmt"

// Holds reports whether a condition of the template holds; the empty one does.
func (v *Values) Holds(condition string) (bool, error) {
	if condition == "" {
		return true, nil
	}
	said, is := v.template.Conditions[condition]
	if !is {
		return false, fmt.Errorf("no condition %s", condition)
	}
	holds, err := v.holds(said)
	if err != nil {
		return false, fmt.Errorf("condition %s: %w", condition, err)
	}
	return holds, nil
}

// choose is Fn::If: what is not chosen is not looked at.
func (v *Values) choose(arg any) (any, error) {
	list, _ := arg.([]any)
	if len(list) != 3 {
		return nil, fmt.Errorf("%v, want a condition and two values", arg)
	}
	holds, err := v.Holds(fmt.Sprint(list[0]))
	if err != nil {
		return nil, err
	}
	if holds {
		return v.value(list[1])
	}
	return v.value(list[2])
}

// holds evaluates a condition.
func (v *Values) holds(x any) (bool, error) {
	m, _ := x.(map[string]any)
	if name, is := m["Condition"].(string); is && len(m) == 1 {
		return v.Holds(name)
	}
	name, arg := intrinsic(m)
	list, _ := arg.([]any)
	switch {
	case name == "Fn::Equals" && len(list) == 2:
		return v.equal(list[0], list[1])
	case name == "Fn::Not" && len(list) == 1:
		holds, err := v.holds(list[0])
		return !holds, err
	case name == "Fn::And" || name == "Fn::Or":
		for _, one := range list {
			holds, err := v.holds(one)
			if err != nil || holds == (name == "Fn::Or") {
				return holds, err
			}
		}
		return name == "Fn::And", nil
	}
	return false, fmt.Errorf("%v is not a condition", x)
}

// equal compares as CloudFormation does, where a number and its text are the same.
func (v *Values) equal(a, b any) (bool, error) {
	first, err := v.value(a)
	if err != nil {
		return false, err
	}
	second, err := v.value(b)
	if err != nil {
		return false, err
	}
	one, is := text(first)
	other, isToo := text(second)
	if !is || !isToo {
		return false, fmt.Errorf("%v and %v, want texts to compare", first, second)
	}
	return one == other, nil
}
