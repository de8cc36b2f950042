package awslocal

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestTransformIsCloudFormations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "template.yaml")
	const template = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Ask:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: bootstrap, CodeUri: here}
`
	if err := os.WriteFile(path, []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Resources map[string]struct {
			Type       string
			Properties struct{ Code struct{ S3Key string } }
		}
	}
	if err := json.Unmarshal(Transform(t, path), &got); err != nil {
		t.Fatal(err)
	}
	if ask := got.Resources["Ask"]; ask.Type != "AWS::Lambda::Function" || ask.Properties.Code.S3Key != "here" {
		t.Errorf("Ask became %+v", ask)
	}
	if role := got.Resources["AskRole"]; role.Type != "AWS::IAM::Role" {
		t.Errorf("AskRole became %+v, want the role that SAM makes", role)
	}
}
