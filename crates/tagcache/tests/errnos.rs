//! I7 for every verb: each errno of the surroundings at each call of each of them, one at a time. `faults.rs` has
//! compute-through, which hides them all.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

mod common;

use std::fs;

use tagcache::fs::{Durability, Errno};
use tagcache::{Builder, Error, Lookup, Policy, Raw, SweepOptions, VerifyOptions};
use tagcache_testkit::{Call, Fault, World};

use common::{ERRNOS, Fixture, HOUR, calls_that_can_fail, text};

/// A verb: what is done, and what must hold of its answer. The key `page` has a value, the key `dead` had one.
struct Verb {
    name: &'static str,
    /// Whether it did what it was asked; an error otherwise.
    act: fn(&Fixture) -> Result<(), Error>,
    /// Whether a success means that `page` is gone.
    takes_page: bool,
}

const VERBS: &[Verb] = &[
    Verb { name: "get", act: |home| home.cache.get::<String>("page").map(drop), takes_page: false },
    Verb { name: "get of nothing", act: |home| home.cache.get::<String>("no").map(drop), takes_page: false },
    Verb {
        name: "put",
        act: |home| home.cache.put("page", &text("new"), &policy()).map(drop),
        takes_page: false,
    },
    Verb {
        name: "put of a key that is new",
        act: |home| home.cache.put("another", &text("new"), &policy().tag("another")).map(drop),
        takes_page: false,
    },
    Verb { name: "tag", act: |home| home.cache.invalidate_tag("blog").map(drop), takes_page: true },
    Verb {
        name: "all of two tags",
        act: |home| home.cache.invalidate_all_of(["blog", "bio"]).map(drop),
        takes_page: true,
    },
    Verb { name: "key", act: |home| home.cache.invalidate_key("page").map(drop), takes_page: true },
    Verb { name: "soft tag", act: |home| home.cache.expire_tag("blog").map(drop), takes_page: true },
    Verb { name: "soft key", act: |home| home.cache.expire_key("page").map(drop), takes_page: true },
    Verb { name: "clear", act: |home| home.cache.clear().map(drop), takes_page: true },
    Verb { name: "sweep", act: |home| home.cache.sweep().map(drop), takes_page: false },
    Verb {
        name: "sweep with tallies",
        act: |home| home.cache.sweep_with(&SweepOptions::new().keep_tallies(true)).map(drop),
        takes_page: false,
    },
    Verb {
        name: "verify",
        act: |home| home.cache.verify(&VerifyOptions::new()).map(drop),
        takes_page: false,
    },
    Verb { name: "usage", act: |home| home.cache.usage().map(drop), takes_page: false },
    Verb {
        name: "replace",
        act: |home| home.cache.replace("page", &text("new"), &policy()).map(drop),
        takes_page: false,
    },
    Verb {
        name: "put of a stream",
        act: |home| home.cache.put_reader("page", &mut &b"new"[..], &policy()).map(drop),
        takes_page: false,
    },
    Verb { name: "reader", act: |home| home.cache.reader("page").map(drop), takes_page: false },
    Verb {
        name: "repair",
        act: |home| home.cache.verify(&VerifyOptions::new().repair(true)).map(drop),
        takes_page: false,
    },
    Verb {
        name: "sweep of foreign files",
        act: |home| home.cache.sweep_with(&SweepOptions::new().remove_foreign(true)).map(drop),
        takes_page: false,
    },
    Verb { name: "upkeep", act: |home| home.cache.upkeep(HOUR).map(drop), takes_page: false },
];

/// A verb with more calls is a walk, and makes the same ones over and over: each is answered by two errnos in turn.
const FEW: usize = 40;

fn policy() -> Policy {
    Policy::new().tags(["blog", "bio"]).expire_in(HOUR)
}

fn builder() -> Builder<Raw> {
    Builder::new(Raw).durability(Durability::Volatile)
}

/// A process that has just opened a cache in which another one left a value, and the remains of another.
fn prepare(home: &Fixture) -> Fixture {
    // Of the last case: its drafts and its leases.
    for folder in ["tmp", "locks"] {
        for file in home.files(folder) {
            fs::remove_file(home.path().join(folder).join(file)).unwrap();
        }
    }
    home.cache.put("dead", &text("dead"), &Policy::new().tag("dead")).unwrap();
    home.cache.invalidate_tag("dead").unwrap();
    home.cache.put("page", &text("old"), &policy()).unwrap();
    home.another_process(builder())
}

#[test]
fn any_call_of_any_verb_may_fail_and_what_it_then_says_is_true() {
    let home = Fixture::with(builder());
    for verb in VERBS {
        let fixture = prepare(&home);
        let (done, made) = fixture.world.counter.trace(|| (verb.act)(&fixture));
        done.unwrap();
        let calls = calls_that_can_fail(&made);
        let is_walk = calls.len() > FEW;
        for (index, (call, earlier)) in calls.into_iter().enumerate() {
            for errno in ERRNOS.into_iter().cycle().skip(index).take(if is_walk { 2 } else { ERRNOS.len() }) {
                let what = format!("{errno:?} at {call} {earlier} of {}", verb.name);
                let fixture = prepare(&home);
                fixture.world.faults.add(Fault::on(call, errno).after(earlier));
                let answer = (verb.act)(&fixture);
                fixture.world.faults.mend();
                check(&home, verb, &answer, &what);
            }
        }
    }
}

/// What another process is served says whether the answer was true.
fn check(home: &Fixture, verb: &Verb, answer: &Result<(), Error>, what: &str) {
    let served = match home.cache.lookup::<String>("page").unwrap() {
        Lookup::Fresh(hit) => Some(hit.into_owned()),
        _ => None,
    };
    match (answer, verb.takes_page) {
        (Ok(()), true) => assert_eq!(served, None, "{what}: it said that it was done"),
        (Err(Error::Incomplete(_) | Error::Open(_)), true)
        | (Ok(()) | Err(Error::Io(_) | Error::Open(_)), false) => {}
        // It begins with an invalidation.
        (Err(Error::Incomplete(_)), false) if verb.name == "replace" => {}
        (other, _) => panic!("{what}: it answered {other:?}"),
    }
    assert!(served.is_none_or(|value| ["old", "new"].contains(&value.as_str())), "{what}: it was never put");
    let dead = home.cache.get::<String>("dead").unwrap();
    assert!(dead.is_none(), "{what}: dead stays dead");
    home.cache.put("page", &text("newer"), &policy()).unwrap();
    assert_eq!(*home.cache.get::<String>("page").unwrap().unwrap(), "newer", "{what}: the cache goes on");
}

#[test]
fn any_call_of_opening_may_fail_and_the_next_opener_is_not_disturbed() {
    let home = Fixture::with(builder());
    home.cache.put("page", &text("old"), &policy()).unwrap();
    let world = World::new();
    let open = |world: &World| builder().open_on(world.sys(), home.path());
    let (opened, made) = world.counter.trace(|| open(&world));
    opened.unwrap();
    let calls = calls_that_can_fail(&made);
    assert!(calls.len() > 5, "opening takes more calls than {}", calls.len());
    for (call, earlier) in calls {
        for errno in ERRNOS {
            let what = format!("{errno:?} at {call} {earlier}");
            let world = World::new();
            world.faults.add(Fault::on(call, errno).after(earlier));
            match open(&world) {
                Ok(cache) => assert!(cache.get::<String>("page").is_ok(), "{what}"),
                Err(Error::Open(error)) => {
                    let told = error.to_string();
                    assert!(told.contains(&*home.path().to_string_lossy()), "{what}: {told}");
                }
                Err(other) => panic!("{what}: {other}"),
            }
            let hit = open(&World::new()).unwrap().get::<String>("page").unwrap();
            assert_eq!(hit.as_deref().map(String::as_str), Some("old"), "{what}: the next opener");
        }
    }
}

#[test]
fn with_no_descriptor_left_a_value_is_computed_and_an_invalidation_says_that_it_failed() {
    let home = Fixture::with(builder());
    home.cache.put("page", &text("old"), &policy()).unwrap();
    for call in [Call::Open, Call::Create, Call::OpenOrCreate, Call::OpenRoot] {
        home.world.faults.add(Fault::on(call, Errno::MFILE).for_ever());
    }
    assert_eq!(*home.cache.get_with("page", &policy(), |_| text("new")), "new");
    let refused = home.cache.invalidate_tag("blog").unwrap_err().to_string();
    assert!(refused.contains("ulimit -n"), "it says what to do: {refused}");
}
