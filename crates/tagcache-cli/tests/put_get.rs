//! `put`, `get`, and what a name may be.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;

use common::Place;

#[test]
fn what_is_put_is_what_comes_back_from_a_file_and_from_standard_input() {
    let place = Place::new();
    place.write("page", b"<h1>\xff\0</h1>");
    place.line("put home page").quietly(0);
    assert_eq!(place.line("get home").quietly(0).raw, b"<h1>\xff\0</h1>");
    for line in ["put from-stdin", "put from-stdin -"] {
        place.feed(line, "piped").quietly(0);
        assert_eq!(place.line("get from-stdin").quietly(0).out, "piped");
    }
    place.feed("put empty", "").quietly(0);
    assert_eq!(place.line("get empty").quietly(0).out, "", "an empty value is a value");
}

#[test]
fn a_miss_exits_with_one_and_says_nothing_on_standard_output() {
    let place = Place::new();
    place.line("get home").saying(1, "there is no cache in");
    assert!(!place.root().exists(), "who only looks makes nothing");
    place.feed("put other", "x").quietly(0);
    assert_eq!(place.line("get home").quietly(1).out, "");
}

#[test]
fn what_has_expired_is_a_miss_unless_the_old_value_will_do() {
    let place = Place::new();
    place.feed("put home -x 0s", "old").quietly(0);
    assert_eq!(place.line("get home").quietly(1).out, "");
    assert_eq!(place.line("get home --stale").quietly(0).out, "old");
    place.feed("put page --tag blog -x 1h30m", "page").quietly(0);
    assert_eq!(place.line("get page").quietly(0).out, "page");
    place.line("invalidate --tag blog --soft").quietly(0);
    assert_eq!(place.line("get page").quietly(1).out, "");
    assert_eq!(place.line("get --stale page").quietly(0).out, "page");
    place.line("invalidate --tag blog").quietly(0);
    assert_eq!(place.line("get page --stale").quietly(1).out, "", "what was invalidated is never served");
}

#[test]
fn a_value_of_many_chunks_streams_both_ways() {
    let place = Place::new();
    let large: Vec<u8> = (0..1_250_000u32).flat_map(u32::to_le_bytes).collect();
    place.write("film", &large);
    place.line("put film film").quietly(0);
    assert!(place.line("get film").quietly(0).raw == large, "five megabytes come back as they were");
}

#[test]
fn a_value_that_no_type_of_ours_wrote_comes_back_as_its_codec_wrote_it() {
    let place = Place::new();
    let json = tagcache::Builder::new(tagcache::Json).open(place.root()).unwrap();
    json.put("answer", &vec![4u8, 2], &tagcache::Policy::new()).unwrap();
    assert_eq!(place.line("get answer").quietly(0).out, "[4,2]");
}

#[test]
fn what_is_wrong_is_an_error_that_names_it() {
    let place = Place::new();
    place.line("put home missing").saying(2, "cannot read missing: No such file");
    place.line("put home .").saying(2, "cannot read .: is a directory");
    place.run(["put", ""]).saying(2, "a key must have at least one byte");
    place.run(["put", "k", "-t", ""]).saying(2, "a tag must have at least one byte");
    place.feed("put home", "").quietly(0);
    place.run(["get", &"x".repeat(5000)]).saying(2, "is longer than 4096");
    place.line("put home -x 7").saying(2, "a time needs a unit");
    place.line("put home -x 7y").saying(2, "`y` is no unit of time");
    place.line("put").saying(2, "<KEY>");
    place.line("fetch").saying(2, "unrecognized subcommand");
    place.line("get home --stail").saying(2, "--stale");
    let tags: Vec<_> = (0..1001).flat_map(|tag| [String::from("-t"), tag.to_string()]).collect();
    let args = ["put", "k"].map(String::from).into_iter().chain(tags);
    place.run(args).saying(2, "more than the 1000 that there may be");
}

#[test]
fn a_name_of_any_bytes_is_given_shown_and_given_back() {
    let place = Place::new();
    let key = OsStr::from_bytes(b"a\xff\n\\x\x1b[2J");
    place.run([OsStr::new("put"), key, OsStr::new("-t"), OsStr::from_bytes(b"t\x80, u")]).quietly(0);
    let shown = r"a\xff\n\\x\x1b[2J";
    assert_eq!(place.line("ls").quietly(0).out, format!("{shown}\n"));
    assert_eq!(place.line("ls -0").quietly(0).raw, b"a\xff\n\\x\x1b[2J\0");
    assert_eq!(place.line("tags -0").quietly(0).raw, b"t\x80, u\0");
    place.run(["get", "-e", shown]).quietly(0);
    assert_eq!(place.run(["-e", "ls", "--tag", r"t\x80, u"]).quietly(0).out, format!("{shown}\n"));
    assert_eq!(place.run(["ls", "--tag", r"t\x80, u"]).quietly(1).out, "", "without -e a backslash is one");
    let long = place.line("ls --long").quietly(0).out;
    assert!(long.contains(r" t\x80\x2c\x20u  a\xff"), "{long}");
    place.run(["put", "-e", r"zero\x00byte"]).quietly(0);
    place.run(["get", "--escaped", r"zero\x00byte"]).quietly(0);
    place.run(["get", "-e", r"bad\q"]).saying(2, "is no escaped name");
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let place = Place::new();
    place.write("film", vec![b'x'; 3 << 20]);
    place.line("put film film").quietly(0);
    for number in 0..3000 {
        place_many(&place, number);
    }
    for line in ["get film", "ls -a --json"] {
        let mut child =
            place.command(line.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 1];
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut first).unwrap();
        drop(out);
        let ended = common::Ended::of(child.wait_with_output().unwrap());
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{line}");
    }
    let mut child = place.command(["get", "--help"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success(), "nor for the help");
}

/// By the library, since a process for each would take a minute.
fn place_many(place: &Place, number: usize) {
    thread_local! {
        static CACHE: std::cell::OnceCell<tagcache::Cache<tagcache::Raw>> = const { std::cell::OnceCell::new() };
    }
    CACHE.with(|cell| {
        let cache = cell.get_or_init(|| tagcache::Builder::new(tagcache::Raw).open(place.root()).unwrap());
        cache.put(format!("page/{number}"), &String::from("page"), &tagcache::Policy::new()).unwrap();
    });
}
