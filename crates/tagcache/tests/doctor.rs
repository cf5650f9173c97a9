//! What a filesystem can do: each capability is taken away by a system that lies, and the diagnosis says so, and what
//! follows.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

use std::fs;
use std::sync::Arc;

use tagcache::fs::sys::{FsKind, Stat};
use tagcache::fs::{Errno, Os, Time, Unfit};
use tagcache::{Ability, Builder, Capability, Diagnosis, Error, Raw, doctor, doctor_on};
use tagcache_testkit::{At, Call, Fault, Layer, Layered, World, files, folders};
use tempfile::TempDir;

/// A filesystem that lacks one thing.
struct Without(Capability);

impl Layer for Without {
    fn before(&self, at: &At<'_>) -> Result<(), Errno> {
        match (self.0, at.call) {
            (Capability::HardLinks, Call::Link) => Err(Errno::PERM),
            (Capability::RenameNoReplace, Call::Rename) => Err(Errno::INVAL),
            _ => Ok(()),
        }
    }

    fn answer(&self, at: &At<'_>, outcome: Result<(), Errno>) -> Result<(), Errno> {
        // A lock that everybody is given.
        if self.0 == Capability::Locks && at.call == Call::TryLock { Ok(()) } else { outcome }
    }

    fn stat(&self, at: &At<'_>, stat: Stat) -> Stat {
        match self.0 {
            Capability::CountedLinks => Stat { nlink: 1, ..stat },
            // Only what is there already is miscounted.
            Capability::UpperLayer if at.path == c"tagcache.format" => Stat { nlink: 2, ..stat },
            Capability::Times => Stat { mtime: Time::from_parts(1_700_000_000, 0), ..stat },
            Capability::FineTimes => {
                let seconds = stat.mtime.as_nanos() / 1_000_000_000 * 1_000_000_000;
                Stat { mtime: Time::from_nanos(seconds), ..stat }
            }
            Capability::Modes => Stat { mode: 0o777, ..stat },
            _ => stat,
        }
    }

    fn fs_kind(&self, _kind: FsKind) -> FsKind {
        match self.0 {
            Capability::Local => FsKind::Remote,
            Capability::OrderedJournal => FsKind::Local,
            _ => FsKind::Journaled,
        }
    }
}

/// A directory with a cache in it, so that every capability is tried.
fn with_cache() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    Builder::new(Raw).open(dir.path()).unwrap();
    dir
}

fn without(capability: Capability) -> Diagnosis {
    let dir = with_cache();
    let before = (files(dir.path()).unwrap(), folders(dir.path()).unwrap());
    let diagnosis = doctor_on(&Layered::over(Os, &Arc::new(Without(capability))), dir.path()).unwrap();
    assert_eq!(
        (files(dir.path()).unwrap(), folders(dir.path()).unwrap()),
        before,
        "{capability}: nothing stays"
    );
    diagnosis
}

/// Whatever the machine has: times of whole seconds, say, cannot be made finer. Only the journal is added.
struct WithJournal;

impl Layer for WithJournal {
    fn fs_kind(&self, _kind: FsKind) -> FsKind {
        FsKind::Journaled
    }
}

fn with_all() -> Diagnosis {
    doctor_on(&Layered::over(Os, &Arc::new(WithJournal)), with_cache().path()).unwrap()
}

/// Every capability, and how it stands with it when it is taken away.
const TAKEN: [(Capability, Ability); 10] = [
    (Capability::Local, Ability::Unfit(Unfit::Remote)),
    (Capability::HardLinks, Ability::Unfit(Unfit::NoHardLinks)),
    (Capability::CountedLinks, Ability::Unfit(Unfit::LinksNotCounted)),
    (Capability::UpperLayer, Ability::Unfit(Unfit::LowerLayer)),
    (Capability::Times, Ability::Unfit(Unfit::NoTimes)),
    (Capability::FineTimes, Ability::Missing),
    (Capability::Modes, Ability::Unfit(Unfit::NoModes)),
    (Capability::Locks, Ability::Unfit(Unfit::LocksDoNotExclude)),
    (Capability::RenameNoReplace, Ability::Missing),
    (Capability::OrderedJournal, Ability::Missing),
];

/// What else cannot be seen, or fails, where one thing is missing.
fn follows(missing: Capability) -> &'static [Capability] {
    match missing {
        // Neither counted nor compared where there are none.
        Capability::HardLinks => &[Capability::CountedLinks, Capability::UpperLayer],
        Capability::CountedLinks => &[Capability::UpperLayer],
        Capability::Times => &[Capability::FineTimes],
        Capability::Local => &[Capability::OrderedJournal],
        _ => &[],
    }
}

#[test]
fn a_capability_that_is_taken_away_is_missed_and_the_others_are_not() {
    let can = with_all();
    for (taken, ability) in TAKEN {
        let diagnosis = without(taken);
        assert_eq!(diagnosis.of(taken), Some(ability), "{taken}");
        assert_eq!(diagnosis.is_fit(), ability == Ability::Missing, "{taken}");
        assert_eq!(diagnosis.answers.len(), TAKEN.len(), "{taken}: each was asked for");
        for answer in &diagnosis.answers {
            let expected = answer.capability != taken && !follows(taken).contains(&answer.capability);
            // Nothing but what this machine lacks anyway.
            assert!(
                !expected || Some(answer.ability) == can.of(answer.capability),
                "without {taken}: {answer}"
            );
        }
    }
}

#[test]
fn the_words_say_what_follows_and_differ_from_those_of_a_filesystem_that_can() {
    let can = with_all();
    for (taken, ability) in TAKEN {
        let diagnosis = without(taken);
        let answer = diagnosis.answers.iter().find(|answer| answer.capability == taken).unwrap();
        assert!(diagnosis.to_string().contains(&answer.consequence()), "{taken}");
        if let Ability::Unfit(why) = ability {
            assert!(answer.consequence().contains(&why.to_string()), "{taken}");
        }
        let sound = can.answers.iter().find(|answer| answer.capability == taken).unwrap();
        assert!(sound.ability != Ability::Present || sound.consequence() != answer.consequence(), "{taken}");
    }
}

#[test]
fn what_the_doctor_finds_fit_can_be_opened_and_what_he_finds_unfit_cannot() {
    for (taken, ability) in TAKEN {
        if taken == Capability::UpperLayer {
            continue; // a cache that is made there is in the upper layer
        }
        let dir = tempfile::tempdir().unwrap();
        let sys = Layered::over(Os, &Arc::new(Without(taken)));
        let fit = doctor_on(&sys, dir.path()).unwrap().is_fit();
        assert_eq!(fit, Builder::new(Raw).open_on(sys, dir.path()).is_ok(), "{taken}: {ability:?}");
    }
}

#[test]
fn where_there_is_no_cache_the_layer_is_not_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("precious"), "kept").unwrap();
    let diagnosis = doctor(dir.path()).unwrap();
    assert!(diagnosis.is_fit(), "{diagnosis}");
    assert_eq!(diagnosis.of(Capability::UpperLayer), None);
    assert_eq!(files(dir.path()).unwrap(), ["precious"], "nothing came, nothing went");
}

#[test]
fn a_trial_that_the_environment_refuses_is_unknown_and_not_missing() {
    for (call, capability) in [
        (Call::SetMtime, Capability::Times),
        (Call::SetMode, Capability::Modes),
        (Call::TryLock, Capability::Locks),
        (Call::FsKind, Capability::Local),
    ] {
        let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
        world.faults.add(Fault::on(call, Errno::IO).for_ever());
        let diagnosis = doctor_on(&world.sys(), dir.path()).unwrap();
        assert_eq!(diagnosis.of(capability), Some(Ability::Unknown(Errno::IO)), "{call}");
        assert!(!diagnosis.is_fit(), "{call}");
        assert!(files(dir.path()).unwrap().is_empty(), "{call}");
    }
}

#[test]
fn where_nothing_can_be_made_there_is_no_diagnosis() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.faults.add(Fault::on(Call::MakeDir, Errno::ROFS));
    let error = doctor_on(&world.sys(), dir.path()).unwrap_err();
    assert!(matches!(error, Error::Io(ref error) if error.errno() == Errno::ROFS), "{error}");
    assert!(doctor(dir.path().join("nowhere")).is_err());
    assert!(!dir.path().join("nowhere").exists(), "it makes no directory");
}
