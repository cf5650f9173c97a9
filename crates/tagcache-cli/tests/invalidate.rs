//! `invalidate`, in every way to say what.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::Place;

fn filled() -> Place {
    let place = Place::new();
    place.feed("put home -t blog -t bio", "home").quietly(0);
    place.feed("put about -t bio", "about").quietly(0);
    place.feed("put fr -t post/7 -t lang/fr", "sept").quietly(0);
    place.feed("put nl -t post/7 -t lang/nl", "zeven").quietly(0);
    place.feed("put user -t org/7 -t org/", "user").quietly(0);
    place
}

fn left(place: &Place) -> Vec<String> {
    let mut keys: Vec<_> = place.line("ls").quietly(0).out.lines().map(String::from).collect();
    keys.sort();
    keys
}

#[test]
fn what_matches_is_gone_and_what_does_not_stays() {
    for (line, matched, stay) in [
        ("--tag bio", 2, &["fr", "nl", "user"][..]),
        ("--tag blog --tag post/7", 3, &["about", "user"]),
        ("--all-of post/7,lang/fr", 1, &["about", "home", "nl", "user"]),
        ("--key home -k about", 2, &["fr", "nl", "user"]),
        ("--under org", 1, &["about", "fr", "home", "nl"]),
        ("--all", 5, &[]),
    ] {
        let place = filled();
        let out = place.line(&format!("invalidate {line}")).quietly(0).out;
        assert_eq!(out, format!("matched  {matched}\n"), "{line}");
        assert_eq!(left(&place), stay, "{line}");
    }
}

#[test]
fn a_soft_one_lets_the_old_value_be_used() {
    for line in ["--tag bio", "--all-of bio,blog", "--key home"] {
        let place = filled();
        place.line(&format!("invalidate --soft {line}")).quietly(0);
        assert_eq!(place.line("get home").quietly(1).out, "", "{line}");
        assert_eq!(place.line("get home --stale").quietly(0).out, "home", "{line}");
    }
}

#[test]
fn nothing_matched_exits_with_one_and_a_contradiction_with_two() {
    let place = filled();
    assert_eq!(place.line("invalidate --tag nothing").quietly(1).out, "matched  0\n");
    assert_eq!(
        place.line("invalidate --tag nothing --json").quietly(1).out,
        "{\"matched\":0,\"soft\":false}\n"
    );
    place.line("invalidate").saying(2, "--tag");
    place.line("invalidate --all --soft").saying(2, "cannot be used with");
    place.line("invalidate --all --tag bio").saying(2, "cannot be used with");
    place.line("invalidate --all-of bio,").saying(2, "a tag must have at least one byte");
    assert_eq!(left(&place).len(), 5);
    let empty = Place::new();
    let ended = empty.line("invalidate --tag bio");
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), "matched  0\n"));
}

#[test]
fn a_comma_in_a_tag_is_given_in_its_escaped_form() {
    let place = filled();
    place.feed("put odd -t a,b -t c", "odd").quietly(0);
    place.run(["-e", "invalidate", "--all-of", r"a\x2cb,c"]).quietly(0);
    assert_eq!(place.line("get odd").quietly(1).out, "");
}
