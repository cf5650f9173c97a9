//! What `--json` writes is what the schemas say.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Place, checked};
use serde_json::Value;
use tagcache::{Builder, Cbor, Json, Policy, Raw};

/// Everything that can be in a cache: fresh, expired, invalidated, of other codecs, damaged, foreign.
fn filled() -> Place {
    let place = Place::new();
    place.feed("put home -t blog -t bio -x 7d", "home").quietly(0);
    place.feed("put old -x 0s", "old").quietly(0);
    place.run(["-e", "put", r"odd\xff", "-t", r"\x80"]).quietly(0);
    place.feed("put gone -t gone", "gone").quietly(0);
    place.line("invalidate --tag gone").quietly(0);
    place.run(["run", "--key", "run", "--", "sh", "-c", "echo out; echo err >&2"]);
    let json = Builder::new(Json).open(place.root()).unwrap();
    json.put("json", &vec![String::from("a")], &Policy::new()).unwrap();
    let cbor = Builder::new(Cbor).open(place.root()).unwrap();
    cbor.put("cbor", &(1u8, -2i64, 0.5f64, String::from("t"), None::<u8>), &Policy::new()).unwrap();
    let zipped = Builder::new(tagcache::Zstd::new(Json)).open(place.root()).unwrap();
    zipped.put("zipped", &vec![7u64; 100], &Policy::new()).unwrap();
    let raw = Builder::new(Raw).open(place.root()).unwrap();
    raw.put("bytes", &vec![0xffu8; 300], &Policy::new()).unwrap();
    place
}

#[test]
fn every_listing_and_every_figure_is_as_its_schema_says() {
    let place = filled();
    let entries = checked("ls", &place.line("ls --all --json").quietly(0).out);
    assert_eq!(entries.len(), 9);
    checked("ls", &place.line("ls --json --tag bio").quietly(0).out);
    let tags = checked("tags", &place.line("tags --json").quietly(0).out);
    assert_eq!(tags.len(), 3, "that of what is gone is none");
    checked("path", &place.line("path --json home").quietly(0).out);
    checked("path", &place.line("path --json --tag bio").quietly(0).out);
    let stats = &checked("stats", &place.line("stats --json").quietly(0).out)[0];
    assert_eq!(stats["entries"]["fresh"], 7, "{stats}");
    assert_eq!((&stats["entries"]["stale"], &stats["entries"]["unusable"]), (&1.into(), &1.into()));
    assert_eq!(stats["codecs"]["zstd+json"], 1);
    checked("doctor", &place.line("doctor --json").quietly(0).out);
    checked("verify", &place.line("verify --json").quietly(0).out);
    let trial = &checked("sweep", &place.line("sweep --json --dry-run").quietly(0).out)[0];
    let swept = &checked("sweep", &place.line("sweep --json --max-files 5").quietly(0).out)[0];
    assert_eq!((&trial["entries"], &swept["entries"]), (&1.into(), &1.into()));
    assert_eq!(swept["evicted"].as_u64(), Some(3));
    checked("stats", &place.line("stats --json").quietly(0).out);
    checked("invalidate", &place.line("invalidate --all --json").quietly(0).out);
    let empty = &checked("stats", &place.line("stats --json").quietly(0).out)[0];
    assert_eq!((&empty["oldest"], &empty["file_bytes"]), (&Value::Null, &0.into()));
}

#[test]
fn every_kind_of_entry_is_inspected_as_the_schema_says() {
    let place = filled();
    let preview = |key: &str| {
        let answer =
            checked("inspect", &place.run(["-e", "inspect", "--json", key]).quietly(0).out).remove(0);
        let preview = &answer["preview"];
        let text = preview["text"].as_str().unwrap_or_default().to_owned();
        (preview["kind"].as_str().unwrap_or_default().to_owned(), text)
    };
    let is = |kind: &str, text: &str| (kind.to_owned(), text.to_owned());
    assert_eq!(preview("home"), is("text", "home"));
    assert_eq!(preview("json"), is("json", "[\n  \"a\"\n]"));
    assert_eq!(preview("cbor"), is("cbor", "[\n  1,\n  -2,\n  0.5,\n  \"t\",\n  null\n]"));
    assert_eq!(preview("run"), is("run", "exit status 0\nstandard output:\nout\nstandard error:\nerr\n"));
    assert_eq!(preview("bytes").0, "hex");
    assert!(preview("zipped").1.starts_with("[\n  7,"), "what was compressed is readable");
    assert_eq!(preview("gone"), is("", ""), "what was invalidated is not shown");
    assert_eq!(preview(r"odd\xff"), is("text", ""));
    let gone = checked("inspect", &place.line("inspect --json gone").quietly(0).out).remove(0);
    assert_eq!((&gone["verdict"], &gone["reason"]), (&"unusable".into(), &"invalidated".into()));
    assert_eq!((&gone["record"]["names"], &gone["record"]["names_expected"]), (&1.into(), &2.into()));
    assert_eq!(gone["record"]["links"][0]["there"], false);
    let old = checked("inspect", &place.line("inspect --json old").quietly(0).out).remove(0);
    assert_eq!((&old["verdict"], &old["reason"]), (&"stale".into(), &"expired".into()));
    let absent = checked("inspect", &place.line("inspect --json nothing").quietly(1).out).remove(0);
    assert_eq!((&absent["verdict"], &absent["record"]), (&"absent".into(), &Value::Null));
}

#[test]
fn a_name_in_json_is_exact_whatever_its_bytes() {
    let place = filled();
    let entries = checked("ls", &place.line("ls --json").quietly(0).out);
    let odd = entries.iter().find(|entry| entry["key"]["hex"] == "6f6464ff").expect("it is listed");
    assert_eq!((&odd["key"]["text"], &odd["tags"][0]["hex"]), (&Value::Null, &"80".into()));
}
