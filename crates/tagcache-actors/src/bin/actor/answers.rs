//! What the cache says, in one line.

use tagcache::{Hit, Lookup, Source, Stored, Sweep};

pub(crate) fn lookup(lookup: &Lookup<String>) -> String {
    match lookup {
        Lookup::Fresh(hit) => format!("fresh {}", **hit),
        Lookup::Stale(hit, why) => format!("stale {} {why}", **hit),
        Lookup::Miss(why) => format!("miss {}", why.word()),
    }
}

pub(crate) fn source(hit: &Hit<String>) -> String {
    match hit.source() {
        Source::Disk | Source::Memory => format!("fresh {}", **hit),
        Source::Stale(why) => format!("stale {} {why}", **hit),
        Source::Computed { stored: outcome, .. } => format!("computed {} {}", **hit, stored(outcome)),
        other => format!("{} from {other:?}", **hit),
    }
}

/// Where a fresh value was read from.
pub(crate) fn origin(hit: Option<&Hit<String>>) -> String {
    match hit {
        Some(hit) if hit.source() == Source::Memory => format!("memory {}", **hit),
        Some(hit) => format!("disk {}", **hit),
        None => "none".into(),
    }
}

pub(crate) fn stored(stored: Stored) -> String {
    let word = match stored {
        Stored::Yes => "stored",
        Stored::Raced => "raced",
        Stored::Declined => "declined",
        Stored::Unleased => "unleased",
        Stored::Fault => "fault",
        other => return format!("{other:?}"),
    };
    word.into()
}

pub(crate) fn took(count: u64) -> String {
    format!("took {count}")
}

pub(crate) fn held(held: bool) -> String {
    if held { "held" } else { "busy" }.into()
}

/// Only what was done, so that a test names nothing else; and no folders, whose number hangs on inode numbers.
pub(crate) fn swept(sweep: &Sweep) -> String {
    if sweep.busy {
        return "busy".into();
    }
    let counts = [
        ("drafts", sweep.drafts),
        ("entries", sweep.entries),
        ("links", sweep.links),
        ("leases", sweep.leases),
        ("kept", sweep.kept),
        ("foreign", sweep.foreign),
        ("failed", sweep.failed),
    ];
    let done = counts.iter().filter(|(_, count)| *count > 0);
    done.fold(String::from("swept"), |text, (name, count)| format!("{text} {name}={count}"))
}
