package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// How much a parameter of SSM holds, in bytes: for nothing, and for money, as an advanced
// parameter, which cannot become a standard one again (Systems Manager User Guide, "Managing
// parameter tiers").
const (
	StandardMost = 4 << 10
	AdvancedMost = 8 << 10
)

// Setting is a targets file in SSM's Parameter Store. Unlike a [Parameter] it is read whenever
// it is asked for, so that what is changed is in force with the next reading. To read it takes
// ssm:GetParameter, and kms:Decrypt where it is encrypted under a key of one's own. Its errors
// are those of AWS, with their codes, [ErrAbsent], [ErrRaced] and [ErrEncrypted].
type Setting struct {
	parameters
	name string
}

// NewSetting is the parameter of this name, in the region of cloud.
func NewSetting(cloud aws.Config, name string) *Setting {
	return &Setting{parameters{cloud}, name}
}

// Read is the parameter as it is now.
func (s *Setting) Read(ctx context.Context) (Copy, error) {
	found, err := s.read(ctx, s.name)
	if has(err, "ParameterNotFound") {
		return Copy{}, fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	if err != nil {
		return Copy{}, err
	}
	read := copyOfParameter([]byte(found.Value), found.Version)
	read.encrypted = found.Type == "SecureString"
	return read, nil
}

// Write puts data in the place of what was read, or where nothing was. SSM knows no condition
// but that nothing is there: who was faster in the last moment is covered, which the version
// tells afterwards; SSM keeps what was covered in its history.
//
// While an answer may have been lost, what is there says whose it is.
//
// A SecureString is not replaced: whoever names no key moves it to the default key of the
// account (SSM API Reference, PutParameter), and which key it has nobody is told who reads it.
// What was read as a String cannot have become one: SSM changes no parameter's type.
func (s *Setting) Write(ctx context.Context, data []byte, over Copy) (Copy, error) {
	if over.encrypted {
		return Copy{}, ErrEncrypted
	}
	var done Copy
	tries := 0
	err := persevere(ctx, func() (again bool, err error) {
		tries++
		version, again, err := s.write(ctx, s.name, string(data), over.there())
		if err == nil {
			done = copyOfParameter(data, version)
			return false, nil
		}
		if !again {
			return false, err
		}
		if now, unread := s.Read(ctx); unread == nil && bytes.Equal(now.Data, data) {
			done = now
			return false, nil
		}
		return true, err
	})
	switch {
	case has(err, "ParameterAlreadyExists"):
		return Copy{}, ErrRaced
	case err != nil:
		return Copy{}, err
	case tries == 1 && over.there() && done.number > over.number+1: // of several tries, others than the last may have been applied
		done.Covered = versionName(done.number - 1)
	}
	return done, nil
}

func copyOfParameter(data []byte, version int64) Copy {
	return Copy{Data: data, Version: versionName(version), number: version}
}

func versionName(n int64) string { return "version " + strconv.FormatInt(n, 10) }

// has reports whether SSM answered with this code.
func has(err error, code string) bool {
	var r *refusal
	return errors.As(err, &r) && r.code == code
}
