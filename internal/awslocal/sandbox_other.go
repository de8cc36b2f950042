//go:build !linux

package awslocal

import "os/exec"

// endsWithUs leaves it to the function, which ends when its Runtime API is gone.
func endsWithUs(*exec.Cmd) {}
