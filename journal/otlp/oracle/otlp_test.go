// Package oracle decodes what package otlp writes with the types of OpenTelemetry's protocol. It is a module of its
// own, so that the program requires nothing of theirs.
package oracle

import (
	"testing"
	"time"

	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"countersign/journal/otlp"
)

// A request is LogsData, byte for byte: ExportLogsServiceRequest has the same one field.
func TestRequestIsTheirs(t *testing.T) {
	at := time.Date(2026, 6, 1, 12, 0, 0, 123456789, time.UTC)
	body, err := otlp.Encode(
		otlp.Source{Attributes: []otlp.Attribute{{Key: "service.name", Value: "countersign"}}, Scope: "s", Version: "v1"},
		[]otlp.Record{
			{
				Time: at, Severity: otlp.Warn, Text: "refused", Event: "countersign-push/1", Body: "{\"a\":\"\x1b\u2028<漢>\"}",
				Attributes: []otlp.Attribute{
					{Key: "log.record.uid", Value: "ab"},
					{Key: "seq", Value: int64(1<<53 + 1)},
					{Key: "refs", Value: []string{"refs/heads/main", ""}},
					{Key: "none", Value: []string(nil)},
				},
			},
			{Severity: otlp.Error, Body: "not UTF-8: \xff"},
		})
	if err != nil {
		t.Fatal(err)
	}
	var got logs.LogsData
	if err := protojson.Unmarshal(body, &got); err != nil { // it refuses fields that it doesn't know
		t.Fatalf("%v\n%s", err, body)
	}
	if n := len(got.ResourceLogs); n != 1 || len(got.ResourceLogs[0].ScopeLogs) != 1 {
		t.Fatalf("%d resources\n%s", n, body)
	}
	of := got.ResourceLogs[0]
	a := of.Resource.Attributes
	if len(a) != 1 || a[0].Key != "service.name" || a[0].Value.GetStringValue() != "countersign" {
		t.Errorf("resource: %v", of.Resource)
	}
	if s := of.ScopeLogs[0].Scope; s.Name != "s" || s.Version != "v1" {
		t.Errorf("scope: %v", s)
	}
	records := of.ScopeLogs[0].LogRecords
	if len(records) != 2 {
		t.Fatalf("%d records\n%s", len(records), body)
	}
	r := records[0]
	if r.TimeUnixNano != uint64(at.UnixNano()) || r.SeverityNumber != logs.SeverityNumber_SEVERITY_NUMBER_WARN ||
		r.SeverityText != "refused" || r.EventName != "countersign-push/1" ||
		r.Body.GetStringValue() != "{\"a\":\"\x1b\u2028<漢>\"}" {
		t.Errorf("record: %v", r)
	}
	a = r.Attributes
	if len(a) != 4 || a[0].Key != "log.record.uid" || a[0].Value.GetStringValue() != "ab" ||
		a[1].Value.GetIntValue() != 1<<53+1 || len(a[2].Value.GetArrayValue().Values) != 2 ||
		a[2].Value.GetArrayValue().Values[0].GetStringValue() != "refs/heads/main" || a[3].Value.GetArrayValue() == nil {
		t.Errorf("attributes: %v", a)
	}
	r = records[1]
	if r.TimeUnixNano != 0 || r.SeverityNumber != logs.SeverityNumber_SEVERITY_NUMBER_ERROR ||
		r.Body.GetStringValue() != "not UTF-8: \ufffd" {
		t.Errorf("record without a time: %v", r)
	}
}
