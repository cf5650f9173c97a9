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

#[test]
fn what_was_stored_with_a_tag_path_is_found_under_each_level_of_it_and_what_has_a_plain_tag_is_not() {
    let place = Place::new();
    let filled = || {
        place.feed("put pods --tag-path k8s/shop/pods --tag-path env/live/", "pods").quietly(0);
        place.feed("put plain --tag k8s/shop", "plain").quietly(0);
        place.line("run --key nodes --tag-path k8s/shop -- echo nodes").quietly(0);
    };
    for (under, matched, stay) in [
        ("k8s", 2, &["plain"][..]),
        ("k8s/shop", 3, &[]),
        ("k8s/shop/pods", 1, &["nodes", "plain"]),
        ("env/live", 1, &["nodes", "plain"]),
        ("k8s/sho", 0, &["nodes", "plain", "pods"]),
    ] {
        filled();
        let code = i32::from(matched == 0);
        let out = place.line(&format!("invalidate --under {under}")).quietly(code).out;
        assert_eq!(out, format!("matched  {matched}\n"), "{under}");
        assert_eq!(left(&place), stay, "{under}");
    }
    filled();
    let tags = place.line("tags").quietly(0).out;
    let levels = ["1 env/", "1 env/live", "2 k8s/", "2 k8s/shop", "1 k8s/shop/", "1 k8s/shop/pods"];
    let shown: Vec<_> = tags.lines().map(str::trim_start).collect();
    assert_eq!(shown, levels, "each level is a tag");
    assert_eq!(place.line("inspect pods --json").quietly(0).out.matches("\"there\":true").count(), 5);
}

#[test]
fn a_tag_path_without_a_name_in_it_is_refused_before_anything_is_done() {
    let place = Place::new();
    for path in ["", "//"] {
        place.run(["put", "k", "--tag-path", path]).saying(2, "a tag must have at least one byte");
        place.run(["run", "--tag-path", path, "--", "touch", "ran"]).saying(125, "a tag must have at least");
    }
    assert!(!place.path("ran").exists());
    place.run(["put", "-e", "k", "--tag-path", r"a\x2fb"]).quietly(0);
    place.line("invalidate --under a").quietly(0);
}
