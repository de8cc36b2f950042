// Package e2e plays the deployed thing on this machine, for hours of scheduled time.
//
// Both functions are built as SAM would build them and stand behind Lambda's Runtime API;
// what the template makes stands in moto_server, behind a proxy that does what networks and
// busy services do; a scheduler fires rounds, one for each minute, as fast as they end:
// rollcall judges by scheduled time alone. Meanwhile stories happen to the fleet and to the
// deployment, and each says in its own words, round by round, what people are owed for it.
// At the end the messages that arrived are exactly those, behind the topic and in Slack; the
// metrics of every round are what the script says they are; and of the secrets that were
// planted nothing is found in anything that was produced.
//
// The package is its test alone: TestDay. How many rounds it plays says the flag -rounds,
// four hours of them in `make e2e`. A story that has no room in so few rounds is left out.
package e2e
