package source

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Location is where a targets file is: a file, standard input, an object in S3, or a
// parameter of SSM.
type Location struct {
	Path      string // of a file
	Stdin     bool
	Bucket    string // of an object: 3 to 63 of a-z 0-9 . -
	Key       string // of that object
	Parameter string // its name, which begins with a slash

	text string
}

// Remote reports whether it takes AWS to reach it.
func (l Location) Remote() bool { return l.Bucket != "" || l.Parameter != "" }

// String is how messages call it, and what problems of the file begin with: a path without
// its scheme, "stdin", else the location as it was written.
func (l Location) String() string {
	switch {
	case l.Stdin:
		return "stdin"
	case l.Remote():
		return l.text
	default:
		return l.Path
	}
}

// wanted are the spellings of a location.
const wanted = "a path, file:PATH, s3://BUCKET/KEY, ssm:/NAME, or - for standard input"

// What the names of AWS may be made of: of buckets, those that can still be made (S3 User
// Guide, "Bucket naming rules"); of keys, no more than what stays itself in an address and in
// a policy, where * and $ mean more than they say ("Naming Amazon S3 objects"); of
// parameters, all of it (SSM API Reference, PutParameter).
var (
	bucketName    = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	keyName       = regexp.MustCompile(`^[A-Za-z0-9!._=+@,()-]+(/[A-Za-z0-9!._=+@,()-]+)*$`)
	parameterName = regexp.MustCompile(`^(/[A-Za-z0-9_.-]+){1,15}$`)
	reservedName  = regexp.MustCompile(`(?i)^/(aws|ssm)`)
)

const (
	keyMost       = 1024                                                                   // bytes
	parameterRoom = 1011 - len("arn:aws-us-gov:ssm:ap-southeast-1:111122223333:parameter") // characters; the whole ARN has 1,011
)

// Parse reads a location. The error says what it should have been.
func Parse(location string) (Location, error) {
	wrong := func(what string) (Location, error) { return Location{}, fmt.Errorf("location %q: %s", location, what) }
	scheme, rest, found := strings.Cut(location, ":")
	switch {
	case location == "-":
		return Location{Stdin: true}, nil
	case !found:
		return Location{Path: location}, nil
	case scheme == "file":
		return Location{Path: rest}, nil
	case scheme == "s3":
		bucket, key, err := parseObject(rest)
		if err != nil {
			return wrong(err.Error())
		}
		return Location{Bucket: bucket, Key: key, text: location}, nil
	case scheme == "ssm":
		if err := checkParameter(rest); err != nil {
			return wrong(err.Error())
		}
		return Location{Parameter: rest, text: location}, nil
	case strings.Contains(location, "://"):
		return wrong("want " + wanted)
	default:
		return Location{Path: location}, nil
	}
}

func parseObject(rest string) (bucket, key string, err error) {
	path, found := strings.CutPrefix(rest, "//")
	bucket, key, _ = strings.Cut(path, "/")
	switch {
	case !found || bucket == "":
		return "", "", errors.New("want s3://BUCKET/KEY")
	case !bucketName.MatchString(bucket):
		return "", "", fmt.Errorf("bucket %q, want 3 to 63 of a-z 0-9 . -, the first and the last a letter or a digit", bucket)
	case key == "":
		return "", "", errors.New("no key, want s3://BUCKET/KEY")
	case strings.HasSuffix(key, "/"):
		return "", "", fmt.Errorf("key %q ends in a slash as folders do, want that of a file", key)
	case !keyName.MatchString(key) || len(key) > keyMost || dotted(key):
		return "", "", fmt.Errorf("key %q, want up to %d of A-Z a-z 0-9 ! . _ = + @ , ( ) -, and single slashes between names", key, keyMost)
	}
	return bucket, key, nil
}

// dotted reports whether a name within the key is a step in a path, which some of those who
// hand requests on would take.
func dotted(key string) bool {
	for name := range strings.SplitSeq(key, "/") {
		if name == "." || name == ".." {
			return true
		}
	}
	return false
}

func checkParameter(name string) error {
	switch {
	case !strings.HasPrefix(name, "/"):
		return errors.New("want ssm:/NAME")
	case !parameterName.MatchString(name) || len(name) > parameterRoom:
		return fmt.Errorf("parameter %q, want up to 15 names of A-Z a-z 0-9 _ . -, each with a slash before it, %d characters in all", name, parameterRoom)
	case reservedName.MatchString(name):
		return fmt.Errorf("parameter %q, want one that does not begin with aws or ssm: these names are AWS's own", name)
	default:
		return nil
	}
}
