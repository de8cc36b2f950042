//go:build !unix

package awslocal

import "os/exec"

func standsAlone(cmd *exec.Cmd) { endsWithUs(cmd) }

// freeze does nothing: here a function goes on between events.
func freeze(*exec.Cmd) {}

func thaw(*exec.Cmd) {}

func end(cmd *exec.Cmd) { _ = cmd.Process.Kill() } // it may have ended a moment ago
